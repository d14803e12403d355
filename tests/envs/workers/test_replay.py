"""A robot with a number that is not finite is given up alone, and its episode can be replayed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envs.robots.go2 import GO2
from envs.task import scenario
from envs.task.curriculum import CurriculumConfig
from envs.workers import replay
from envs.workers.worker import FinishedEpisode, Job, SharedArrays, Worker

BROKEN = 1
"""The robot whose first episode fails."""
SPEC = replace(
    GO2, gait=replace(GO2.trot, clearance=0.13), rewards=replace(GO2.rewards, progress=3.0)
)
"""A robot with settings of its own."""


@pytest.fixture(scope="module")
def broken(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Worker, list[FinishedEpisode], Path]]:
    """A worker of two robots, played until the first episode of one is lost.

    The torque limit of that robot's motors is not a number.
    """
    folder = tmp_path_factory.mktemp("run") / "faults"
    real = scenario.practice
    job = Job(SPEC, 2, seed=7, randomize="full", curriculum=CurriculumConfig(), faults=folder)
    from envs.climb import ClimbBatch
    from envs.task.privileged import PRIVILEGED_SIZE

    batch = ClimbBatch(GO2, 1)
    shared = SharedArrays(
        robots=2, actions=batch.actions, observations=batch.observations, privileged=PRIVILEGED_SIZE
    )
    batch.close()

    def practice(**arguments: Any) -> scenario.Scenario:
        made = real(**arguments)
        if arguments["row"] == BROKEN and shared["episode"][BROKEN] == 1:
            made.values["strength"] = np.full(12, np.nan)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenario, "practice", practice)
        worker = Worker(job, [0, 1], shared)
        worker.reset()
        rng = np.random.default_rng(0)
        ended = []
        for _ in range(20):
            worker.shared["action"][:] = 0.1 * rng.standard_normal(worker.shared["action"].shape)
            ended += worker.step()
            if ended:
                break
        yield worker, ended, folder
    worker.batch.close()


def test_the_robot_is_given_up_alone_and_starts_anew(
    broken: tuple[Worker, list[FinishedEpisode], Path],
) -> None:
    worker, ended, folder = broken
    ((robot, summary, why),) = ended
    (path,) = folder.iterdir()
    assert (robot, summary) == (BROKEN, None)
    assert f"python -m envs.workers.replay {path}" in why
    assert worker.batch.episodes.tally.steps.tolist()[BROKEN] == 0
    assert worker.shared["episode"].tolist() == [1, 2]
    assert all(np.isfinite(worker.shared[name]).all() for name in ("policy", "privileged"))
    assert worker.step() == []
    assert np.isfinite(worker.shared["policy"]).all()


def test_a_replay_fails_in_the_same_step_and_the_same_number(
    broken: tuple[Worker, list[FinishedEpisode], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = broken[2].iterdir()
    recording = replay.read(path)
    assert recording.spec == SPEC
    assert replay.play(recording) == (len(recording.actions), recording.fault)
    assert replay.main(path) == 0
    assert (
        f"played again: {recording.fault} is not finite after {len(recording.actions)} control "
        "steps" in capsys.readouterr().out
    )


def test_a_replay_that_stays_finite_says_so(
    broken: tuple[Worker, list[FinishedEpisode], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (path,) = broken[2].iterdir()
    plain = json.loads(path.read_text())
    plain["scenario"]["values"]["strength"] = [1.0] * 12
    # As an earlier version wrote it: the robot's own settings.
    del plain["settings"]
    (tmp_path / "mended.json").write_text(json.dumps(plain))
    assert replay.main(tmp_path / "mended.json") == 1
    assert "every number is finite" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"scenario": {}}', "\x00"])
def test_a_damaged_recording_is_one_line(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fault.json").write_text(content)
    assert replay.main(tmp_path / "fault.json") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert replay.main(tmp_path / "missing.json") == 2
