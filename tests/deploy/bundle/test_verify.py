"""Verification: a sound policy passes, each kind of damage is found and named, and the command line
says so by its status.
"""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deploy.bundle import assemble, golden, probes, signing, verify
from deploy.bundle.artefacts import TorchProgram, loaders, program_bytes, twin_bytes
from deploy.bundle.twin.legged import LeggedTwin
from deploy.runtime.bundle import archive, replay, signature, trace
from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.bundle.trace import GoldenTrace
from deploy.runtime.errors import RefusedError
from deploy.runtime.safety import limits
from envs.robots.go2 import GO2
from tests.support.bundles import (
    Run,
    about,
    deploy_command,
    key_pair,
    outdated,
    random_actor,
    random_policy,
)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    actor = random_actor()
    recorded = golden.record(GO2, actor, 50)
    return {
        archive.PROGRAM: program_bytes(GO2, actor),
        archive.TWIN: twin_bytes(GO2, actor),
        archive.GOLDEN: trace.to_bytes(recorded),
    }


@pytest.fixture(scope="module")
def recorded(files: dict[str, bytes]) -> GoldenTrace:
    return trace.from_bytes(files[archive.GOLDEN], about())


def failed(about: Manifest, files: dict[str, bytes]) -> set[str]:
    return {finding.check for finding in verify.examine(about, files, 5) if not finding.passed}


def test_a_sound_policy_passes(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "STEPS", 14)
    findings = verify.examine(about(), files, 50)
    assert [finding for finding in findings if not finding.passed] == []
    assert len(findings) == 1 + 2 * (2 + len(probes.PROBES) + 1)


def test_golden_traces_are_the_same_every_time(recorded: GoldenTrace) -> None:
    again = golden.record(GO2, random_actor(), 20)
    for name, part in again.sensors.items():
        np.testing.assert_array_equal(part, recorded.sensors[name][:20])


def test_artefacts_of_another_policy_are_found(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "PROBES", {})
    other = files | {archive.TWIN: twin_bytes(GO2, random_actor(1))}
    assert failed(about(), other) == {"twin.npz: golden replay"}
    assert failed(about(), files | {archive.PROGRAM: b"nothing"}) == {"load"}
    blind = files | {
        archive.BLIND: program_bytes(GO2, random_actor(1)),
        archive.BLIND_GOLDEN: files[archive.GOLDEN],
    }
    assert failed(about(), blind) == {"blind.ts: golden replay"}


def test_a_manifest_that_promises_less_than_the_program_commands_is_found(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "PROBES", {"frozen sensors": probes.frozen_sensors})
    narrow = replace(
        about(),
        upper=tuple(0.5 * (low + high) for low, high in zip(GO2.lower, GO2.upper, strict=True)),
    )
    assert failed(narrow, files) >= {
        "robot",
        "policy.ts: frozen sensors",
        "twin.npz: frozen sensors",
    }


@pytest.mark.parametrize("part", range(5))
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e3, -1e3])
def test_any_command_outside_the_limits_is_a_violation(
    recorded: GoldenTrace, part: int, value: float
) -> None:
    sound = [array[0].copy() for array in recorded.commands.values()]
    assert limits.violation(about(), tuple(sound)) is None
    sound[part][3] = value
    assert limits.violation(about(), tuple(sound)) is not None


@pytest.mark.parametrize("name", [archive.PROGRAM, archive.TWIN])
def test_after_nothing_but_not_a_number_it_walks_as_before(
    files: dict[str, bytes], recorded: GoldenTrace, name: str
) -> None:
    artefact = loaders(GO2)[name](files[name])
    for _ in range(20):
        artefact.step(*(np.full_like(part, np.nan) for part in recorded.reading(0)))
    said = [artefact.step(*recorded.reading(step))[0] for step in range(50)]
    assert np.isfinite(said).all()
    assert np.ptp(said, axis=0).max() > 0.1


@pytest.mark.long
@pytest.mark.parametrize("load", [TorchProgram, LeggedTwin])
def test_ten_thousand_random_packets_change_nothing(
    files: dict[str, bytes], recorded: GoldenTrace, load: Any
) -> None:
    artefact = load(files[archive.PROGRAM if load is TorchProgram else archive.TWIN])
    found = probes.hold(
        name="packets",
        artefact=artefact,
        manifest=about(),
        trace=recorded,
        hostile=probes.packets(recorded, np.random.default_rng(0), 10_000),
    )
    assert found.passed, found.detail


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`python -m deploy` with short recordings."""
    monkeypatch.setattr(golden, "STEPS", 30)
    monkeypatch.setattr(assemble, "PACKETS", 5)
    monkeypatch.setattr(probes, "STEPS", 8)
    return deploy_command(monkeypatch, capsys)


def test_from_a_policy_to_a_verified_bundle_by_the_command_line(run: Run, tmp_path: Path) -> None:
    policy = random_policy(tmp_path)
    key = tmp_path / "k"
    out = tmp_path / "r.bundle"
    pub = tmp_path / "k.pub"
    assert run("keygen", "--out", key)[0] == 0
    assert run("export", "--policy", policy, "--key", key, "--out", out)[0] == 0
    assert sorted(archive.unpack(out.read_bytes())) == sorted(
        (*archive.CONTENT, archive.MANIFEST, archive.SIGNATURE)
    )
    status, said, _ = run("inspect", out)
    assert status == 0
    assert "FR_hip_joint" in said
    status, said, _ = run(
        "verify", out, "--public-key", pub, "--json", tmp_path / "report.json", "--packets", 5
    )
    assert status == 0
    assert "checks passed" in said
    assert json.loads((tmp_path / "report.json").read_text())["passed"]

    before = out.read_bytes()
    status, _, error = run("export", "--policy", policy, "--key", key, "--out", out)
    assert (status, out.read_bytes()) == (1, before)
    assert "exists" in error
    # 200 random flips of a real bundle.
    public = signature.load_public(pub)
    rng = random.Random(0)
    for _ in range(200):
        data = bytearray(before)
        data[rng.randrange(len(data))] ^= rng.randrange(1, 256)
        with pytest.raises(RefusedError):
            verify.opened(bytes(data), public)
    out.write_bytes(bytes(data))
    status, said, error = run("verify", out, "--public-key", pub)
    assert (status, said, len(error.splitlines())) == (3, "", 1)


@pytest.mark.long
def test_ten_thousand_flipped_bytes_of_a_real_bundle_are_refused(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    key = key_pair(tmp_path)
    rng = random.Random(1)
    data = assemble.sealed(about(), files, signing.load_private(key))
    public = signature.load_public(tmp_path / "key.pub")
    verify.opened(data, public)
    for _ in range(10_000):
        damaged = bytearray(data)
        damaged[rng.randrange(len(data))] ^= rng.randrange(1, 256)
        with pytest.raises(RefusedError):
            verify.opened(bytes(damaged), public)


def test_a_failing_policy_is_refused_with_its_report_and_nothing_is_written(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = random_policy(tmp_path)
    key = key_pair(tmp_path)
    monkeypatch.setattr(probes, "PROBES", {})
    monkeypatch.setattr(replay, "TOLERANCE", {archive.PROGRAM: -1.0, archive.TWIN: 1e-4})
    status, said, error = run(
        "export", "--policy", policy, "--key", key, "--out", tmp_path / "x.bundle"
    )
    assert (status, len(error.splitlines())) == (4, 1)
    assert "FAIL  policy.ts: golden replay" in said
    assert not (tmp_path / "x.bundle").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("export",),
        ("inspect", "nowhere.bundle"),
        ("verify", "nowhere.bundle", "--public-key", "nowhere.pub"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(run: Run, words: tuple[str, ...]) -> None:
    status, said, error = run(*words)
    assert (status, said, len(error.splitlines())) == (1, "", 1)


def test_a_bundle_of_the_schema_before_is_refused_with_the_way_to_export_it_again(
    run: Run, tmp_path: Path
) -> None:
    key = key_pair(tmp_path)
    path = tmp_path / "old.bundle"
    path.write_bytes(outdated(key))
    signed = ("--public-key", key.with_name("key.pub"))
    for words in (
        ("inspect", path),
        ("verify", path, *signed),
        ("flash", path, "somebody@robot", *signed),
        ("run", path, *signed, "--link", "sim"),
        ("rehearse", path, *signed),
    ):
        status, said, error = run(*words)
        assert (status, said) == (3, "")
        assert error.splitlines()[-1] == (
            "deploy: the bundle has schema 1, this version reads 2; export it again: "
            "python -m deploy export --policy NAME --key KEY"
        )


def test_latency_is_paced_and_in_figures(files: dict[str, bytes], recorded: GoldenTrace) -> None:
    found = replay.latency(
        artefact=loaders(GO2)[archive.TWIN](files[archive.TWIN]),
        golden=recorded,
        period=0.01,
        steps=10,
    )
    assert 0 < found.figures["p50_ms"] <= found.figures["p99_ms"] <= found.figures["max_ms"]
