"""Workers that die, hang or fail are replaced, and only their robots' episodes are lost."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from agents.learning.vec_env import ClimbVecEnv
from envs.robots.go2 import GO2
from envs.task.curriculum import CurriculumConfig
from envs.workers import pool
from envs.workers.worker import Job, WorkerError


@pytest.fixture(scope="module")
def env() -> Iterator[ClimbVecEnv]:
    """Three robots, two of them in worker 0."""
    made = ClimbVecEnv(
        Job(GO2, 3, seed=7, randomize="full", curriculum=CurriculumConfig()), workers=2
    )
    made.reset()
    yield made
    made.close()


def strike(env: ClimbVecEnv, worker: int, blow: int) -> None:
    pid = env.pool.processes[worker].pid
    assert pid is not None
    os.kill(pid, blow)


@pytest.mark.parametrize(
    ("blow", "told"),
    [
        (signal.SIGKILL, "worker 0 died (exit code -9); if memory ran out, use fewer robots"),
        (signal.SIGSTOP, "worker 0 has not answered for 8 s"),
    ],
)
def test_a_worker_that_dies_or_hangs_is_replaced_and_its_episodes_are_truncated(
    blow: int,
    told: str,
    env: ClimbVecEnv,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(pool, "PATIENCE", 8.0)
    actions = np.zeros((3, env.pool.actions), np.float32)
    env.set_state({"level": np.array([[1, 2], [3, 4], [5, 6]]), "episode": np.array([10, 20, 30])})
    env.reset()
    before: Any = env.step(actions)[0]
    state = env.get_state()
    strike(env, 0, blow)
    after: Any
    after, reward, done, infos = env.step(actions)
    assert done.tolist() == [True, True, False]
    assert reward[:2].tolist() == [0.0, 0.0]
    for row in (0, 1):
        assert infos[row]["TimeLimit.truncated"]
        assert all(
            np.array_equal(infos[row]["terminal_observation"][name], before[name][row])
            for name in before
        )
        assert not np.array_equal(after["policy"][row], before["policy"][row])
    assert infos[2] == {}
    assert np.array_equal(env.get_state()["level"], state["level"])
    assert env.get_state()["episode"].tolist() == [12, 22, 31]
    assert told in capfd.readouterr().err
    assert not env.step(actions)[2].any()


def test_a_worker_that_keeps_failing_ends_the_run_and_tells_why(
    env: ClimbVecEnv, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    env.pool.shared["action"][:2] = np.nan
    monkeypatch.setattr(pool, "LOSSES", 1)
    env.pool._losses.clear()
    with pytest.raises(
        WorkerError,
        match=r"^2 losses within 10,000 control steps, the last: ValueError: action is not "
        r"finite.*--resume$",
    ):
        for _ in range(3):
            env.pool.ask("step")
    told = capfd.readouterr().err
    assert "worker 0 failed:\nTraceback" in told
    assert "a new worker takes its robots, 0 to 1" in told
