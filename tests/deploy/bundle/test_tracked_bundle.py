"""The tracked robot's bundle: exported, inspected and verified as the Go2's is; driven by nobody
yet.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deploy.bundle import assemble, golden, probes
from deploy.bundle.artefacts import program_bytes, twin_bytes
from deploy.bundle.describe import facts
from deploy.bundle.twin.tracked import TrackedTwin
from deploy.runtime.bundle.program import TorchProgram
from envs.programs.sensors import MAP_X_COUNT, MAP_Y_COUNT
from envs.robots.tracked import TRACKED
from envs.task.staircase import Direction, Staircase
from tests.support.bundles import Run, about, deploy_command, key_pair, random_actor, random_policy
from tests.support.parity import worst_over_an_episode

JOINTS = len(TRACKED.joint_names)


@pytest.fixture(scope="module")
def twin() -> TrackedTwin:
    return TrackedTwin(twin_bytes(TRACKED, random_actor(spec=TRACKED)))


@pytest.fixture(scope="module")
def program() -> TorchProgram:
    return TorchProgram(program_bytes(TRACKED, random_actor(spec=TRACKED)))


@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_twin_agrees_with_the_simulator(twin: TrackedTwin, direction: Direction) -> None:
    assert (
        worst_over_an_episode(
            artefact=twin,
            spec=TRACKED,
            stairs=Staircase(0.10, direction=direction),
            seed=1,
            steps=100,
        )
        <= [1e-4, 4e-3, 0.0, 0.0, 0.0]
    ).all()


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("direction", ["up", "down"])
def test_both_agree_with_the_simulator_over_whole_episodes(
    program: TorchProgram, twin: TrackedTwin, direction: Direction, seed: int
) -> None:
    assert (
        worst_over_an_episode(
            artefact=program,
            spec=TRACKED,
            stairs=Staircase(0.10, direction=direction),
            seed=seed,
            steps=400,
        )
        <= [1e-5, 4e-4, 0.0, 0.0, 0.0]
    ).all()
    assert (
        worst_over_an_episode(
            artefact=twin,
            spec=TRACKED,
            stairs=Staircase(0.10, direction=direction),
            seed=seed,
            steps=400,
        )
        <= [1e-4, 4e-3, 0.0, 0.0, 0.0]
    ).all()


def readings(count: int) -> Iterator[list[np.ndarray]]:
    """What no robot can feel: a third of each reading is not finite."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        gravity = np.array([0.3, 0.2, 0.0]) * rng.normal(size=3) - [0, 0, 1]
        ground = -TRACKED.stand_height + 0.1 * rng.normal(size=(MAP_X_COUNT, MAP_Y_COUNT))
        parts = (
            gravity / np.linalg.norm(gravity),
            rng.normal(size=3),
            0.5 * rng.normal(size=JOINTS),
            rng.normal(size=JOINTS),
            rng.normal(size=2),
            ground,
        )
        reading = [part.astype(np.float32) for part in parts]
        for part in reading:
            part[rng.random(part.shape) < 0.3] = rng.choice([np.nan, np.inf, -np.inf])
        yield reading


def test_both_replace_what_is_not_finite_alike(twin: TrackedTwin, program: TorchProgram) -> None:
    twin.reset()
    program.reset()
    for reading in readings(60):
        for ours, theirs in zip(twin.step(*reading), program.step(*reading), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-4, rtol=0)


def test_the_manifest_has_the_figures_of_its_kind() -> None:
    there = facts(TRACKED)
    assert (there["control_period"], there["max_state_age"]) == (0.05, 0.1)
    assert there["target_speed_limit"] == pytest.approx(
        [1.0] * 4 + [1.0 / TRACKED.tracks.radius] * 2, rel=1e-4
    )
    assert there["kp"][4:] == (0.0, 0.0)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`python -m deploy` with short recordings."""
    monkeypatch.setattr(golden, "STEPS", 60)
    monkeypatch.setattr(assemble, "PACKETS", 50)
    return deploy_command(monkeypatch, capsys)


def test_from_a_policy_to_a_verified_bundle_by_the_command_line_and_no_further(
    run: Run, tmp_path: Path
) -> None:
    policy = random_policy(tmp_path, TRACKED)
    key = key_pair(tmp_path)
    out = tmp_path / "t.bundle"
    public = key.with_name("key.pub")
    status, _, error = run("export", "--policy", policy, "--key", key, "--out", out)
    assert status == 0, error
    status, said, _ = run("inspect", out)
    assert status == 0
    assert "for tracked" in said
    assert "left_track" in said
    status, said, error = run("verify", out, "--public-key", public, "--packets", 500)
    assert status == 0, said + error
    assert f"all {3 + 2 * (2 + len(probes.PROBES) + 1) + 1} checks passed" in said
    robot = ("provision", "somebody@robot", "--public-key", public, "--robot", "tracked")
    for words in (
        ("rehearse", out, "--public-key", public),
        ("run", out, "--public-key", public, "--link", "go2"),
        robot,
    ):
        status, said, error = run(*words)
        assert (status, said, len(error.splitlines())) == (1, "", 1)
        assert "cannot drive a tracked" in error


def test_a_twin_that_reads_left_for_right_is_found(tmp_path: Path) -> None:
    """What the check of joint order promises."""
    from deploy.bundle.families import deployed
    from deploy.bundle.verify import notices_joint_order

    actor = random_actor(spec=TRACKED)
    trace = golden.record(TRACKED, actor, 60)
    order = deployed(TRACKED).exchanged(TRACKED)
    assert [TRACKED.joint_names[joint] for joint in order] == [
        name.replace("left", "?").replace("right", "left").replace("?", "right")
        for name in TRACKED.joint_names
    ]
    assert notices_joint_order(
        name="policy.ts",
        artefact=TorchProgram(program_bytes(TRACKED, actor)),
        golden=trace,
        order=order,
        period=0.05,
    ).passed
    blind = notices_joint_order(
        name="policy.ts",
        artefact=TorchProgram(program_bytes(TRACKED, actor)),
        golden=trace,
        order=list(range(JOINTS)),
        period=0.05,
    )
    assert not blind.passed


def test_a_bundle_for_nobody_is_found_before_anything_is_loaded() -> None:
    from deploy.bundle.verify import examine

    (found,) = examine(about(robot="spot"), {}, 1)
    assert not found.passed
    assert "unknown robot" in found.detail
