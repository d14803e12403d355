"""The self-test on a robot's computer: signature by ssh-keygen alone, golden replay, latency, and
what is refused.
"""

import argparse
import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deploy import __main__ as command_line
from deploy.bundle import signing
from deploy.bundle.assemble import sealed
from deploy.runtime import __main__ as runtime
from deploy.runtime.bundle import archive, opening, replay, selftest, signature, trace
from deploy.runtime.bundle.findings import Finding
from deploy.runtime.bundle.opening import open_bundle
from deploy.runtime.errors import DeployError, RefusedError, VerificationError
from tests import ROOT
from tests.support.bundles import about, key_pair, outdated, tiny
from tests.support.robots import walking_bundle

RUNTIME = ROOT / "deploy" / "runtime"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return key_pair(tmp_path_factory.mktemp("key"))


@pytest.fixture(scope="module")
def walking(key: Path) -> Path:
    return walking_bundle(key.parent, key)


def public(key: Path) -> Path:
    return key.with_name("key.pub")


def test_a_sound_bundle_passes_in_a_process_of_its_own(walking: Path, key: Path) -> None:
    """In its own, because it asks for real-time priority. Latency is the machine's; the rest must
    pass.
    """
    words = [
        sys.executable,
        "-m",
        "deploy.runtime",
        "selftest",
        str(walking),
        "--public-key",
        str(public(key)),
        "--steps",
        "5",
        "--json",
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert [finding["check"] for finding in report["findings"]] == [
        "signature",
        "hashes",
        "policy.ts: golden replay",
        "latency",
    ]
    assert all(finding["passed"] for finding in report["findings"][:3])
    assert done.returncode == (0 if report["passed"] else 4)


def test_a_program_that_says_something_else_fails_with_a_report(
    walking: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "latency", lambda *_: Finding("latency", True, "not measured"))
    monkeypatch.setattr("deploy.runtime.realtime.claim", list)
    there, files = open_bundle(walking, public(key))
    golden = trace.from_bytes(files[archive.GOLDEN], there)
    moved = golden.commands | {"position": golden.commands["position"] + np.float32(1e-3)}
    for change, says in (
        (
            {
                archive.GOLDEN: trace.to_bytes(
                    trace.GoldenTrace(golden.sensors, moved, golden.starts)
                )
            },
            "golden replay",
        ),
        (
            {
                archive.BLIND: files[archive.PROGRAM],
                archive.BLIND_GOLDEN: trace.to_bytes(
                    trace.GoldenTrace(golden.sensors, moved, golden.starts)
                ),
            },
            "blind.ts: golden",
        ),
        ({archive.BLIND: files[archive.PROGRAM]}, "cannot be loaded"),
        ({archive.PROGRAM: b"nothing"}, "cannot be loaded"),
        ({archive.GOLDEN: b"nothing"}, "cannot be loaded"),
    ):
        (tmp_path / "wrong.bundle").write_bytes(
            sealed(about(), files_of(files) | change, signing.load_private(key))
        )
        with pytest.raises(VerificationError, match=says) as caught:
            runtime_selftest(tmp_path / "wrong.bundle", key)
        assert "FAIL" in caught.value.report


def files_of(files: dict[str, bytes]) -> dict[str, bytes]:
    return {
        name: data
        for name, data in files.items()
        if name not in (archive.MANIFEST, archive.SIGNATURE)
    }


def runtime_selftest(path: Path, key: Path) -> str:
    parser = argparse.ArgumentParser()
    selftest.arguments(parser)
    return selftest.selftest(parser.parse_args([str(path), "--public-key", str(public(key))]))


def test_ssh_keygen_refuses_what_cryptography_refuses(key: Path, tmp_path: Path) -> None:
    message = b"a manifest"
    raw = signature.load_public(public(key))
    signed = signing.sign(message, signing.load_private(key))
    signature.verify(message, signed, raw)
    other = key_pair(tmp_path)
    for wrong in (
        (message + b" ", signed, raw),
        (message, signed, signature.load_public(public(other))),
        (message, signed[:-5], raw),
    ):
        with pytest.raises(RefusedError):
            signature.verify(*wrong)
        with pytest.raises(RefusedError):
            signing.verify(*wrong)


@pytest.mark.parametrize(
    ("tool", "says"),
    [
        ("#!/bin/sh\necho 'unknown option -- Y' >&2; exit 1\n", "8.1 or later"),
        (None, "cannot be run"),
    ],
)
def test_without_an_ssh_keygen_that_can_check_nothing_is_believed(
    key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str | None, says: str
) -> None:
    if tool:
        (tmp_path / "ssh-keygen").write_text(tool)
        (tmp_path / "ssh-keygen").chmod(0o755)
    (tmp_path / "tiny.bundle").write_bytes(tiny(key))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeployError, match=says):
        open_bundle(tmp_path / "tiny.bundle", public(key))


def test_flipped_bytes_are_refused_on_the_robot_too(key: Path, tmp_path: Path) -> None:
    data = tiny(key)
    raw = signature.load_public(public(key))
    for position in range(3, len(data), max(1, len(data) // 40)):
        damaged = bytearray(data)
        damaged[position] ^= 1
        with pytest.raises(RefusedError):
            opening.opened(
                bytes(damaged), lambda message, signed: signature.verify(message, signed, raw)
            )


def test_the_command_line_says_what_it_refuses(
    key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "damaged.bundle").write_bytes(tiny(key)[:-1])
    assert (
        runtime.main(
            ["selftest", str(tmp_path / "damaged.bundle"), "--public-key", str(public(key))]
        )
        == 3
    )
    assert (
        runtime.main(["selftest", str(tmp_path / "nowhere"), "--public-key", str(public(key))]) == 1
    )
    (tmp_path / "old.bundle").write_bytes(outdated(key))
    assert (
        runtime.main(["selftest", str(tmp_path / "old.bundle"), "--public-key", str(public(key))])
        == 3
    )
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert [line[:8] for line in lines] == ["deploy: "] * 3
    assert lines[-1].endswith("; export it again: python -m deploy export --policy NAME --key KEY")


def test_deploy_hands_run_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["deploy", "run", "--help"])
    with pytest.raises(SystemExit, match="0"):
        command_line.main()
    assert "until a person arms it" in capsys.readouterr().out


def evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """`node` and what is in it, without annotations: those are never looked at."""
    yield node
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from evaluated(child)


@pytest.mark.parametrize(
    "path", sorted(RUNTIME.rglob("*.py")), ids=lambda path: str(path.relative_to(RUNTIME))
)
def test_what_goes_to_the_robot_is_python_3_8(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 8))
    nodes = list(evaluated(tree))
    assert not [
        node.lineno for node in nodes if isinstance(node, ast.keyword) and node.arg == "strict"
    ]
    assert not [
        node.lineno
        for node in nodes
        if isinstance(node, ast.Attribute)
        and node.attr in ("removeprefix", "removesuffix", "bit_count")
    ]
    # list[int], and Callable of collections.abc, have no [] there.
    modules = [
        node
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "collections.abc"
    ]
    plain = {"dict", "list", "tuple", "set", "frozenset", "type", "deque"} | {
        alias.name for node in modules for alias in node.names
    }
    assert not [
        node.lineno
        for node in nodes
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id in plain
    ]
    postponed = any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body
    )
    assert postponed or not any(
        isinstance(node, (ast.FunctionDef, ast.AnnAssign)) for node in nodes
    )
