"""Rollouts from worker processes: nobody waits for another, and what is collected does not depend on who was faster."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch

from agents import ppo
from agents.collecting import Collecting, collect
from agents.ppo import PPOConfig
from agents.shard import ARRAYS
from agents.vec_env import ClimbVecEnv
from envs import pool
from envs.curriculum import CurriculumConfig
from envs.workers import Job

STEPS, ROBOTS = 12, 4


@contextmanager
def learner(workers: int) -> Iterator[tuple[Any, ClimbVecEnv]]:
    env = ClimbVecEnv(Job("go2", ROBOTS, seed=3, randomize="full", curriculum=CurriculumConfig()), workers)
    try:
        model: Any = ppo.build(PPOConfig(rollout=STEPS, minibatch=STEPS * ROBOTS), env, seed=5)
        env.reset()
        model._last_episode_starts = np.ones(ROBOTS, dtype=bool)
        yield model, env
    finally:
        env.close()


def collected(model: Any, env: ClimbVecEnv) -> dict[str, np.ndarray]:
    torch.manual_seed(11)
    collect(model, env)
    buffer = model.rollout_buffer
    return {name: getattr(buffer, name).copy() for name in ARRAYS} | {name: array.copy() for name, array in buffer.observations.items()}


def test_a_rollout_is_the_same_bit_for_bit_on_any_number_of_workers() -> None:
    rollouts = []
    for workers in (1, 2, 4, 0):
        with learner(workers) as (model, env):
            rollouts.append(collected(model, env))
    for other in rollouts[1:]:
        assert [name for name, array in rollouts[0].items() if not np.array_equal(array, other[name])] == []


def test_a_worker_does_not_wait_for_another() -> None:
    with learner(2) as (model, env):
        expected = collected(model, env)
    with learner(2) as (model, env):
        torch.manual_seed(11)
        slow = env.pool.processes[1].pid or 0
        os.kill(slow, signal.SIGSTOP)
        collecting = Collecting(model, env)
        while 0 in collecting.busy:
            collecting.advance()
        assert collecting.busy == [1]
        os.kill(slow, signal.SIGCONT)
        while collecting.busy:
            collecting.advance()
        collecting.finish()
        assert np.array_equal(model.rollout_buffer.advantages, expected["advantages"])


@pytest.mark.parametrize(("blow", "told"), [(signal.SIGKILL, "worker 1 died (exit code -9)"), (signal.SIGSTOP, "worker 1 has not answered for 5 s")])
def test_a_worker_that_dies_or_hangs_in_the_middle_is_replaced_and_the_rollout_is_whole(
    blow: int, told: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pool, "PATIENCE", 5.0)
    with learner(2) as (model, env):
        collecting = Collecting(model, env)
        for _ in range(6):
            collecting.advance()
        os.kill(env.pool.processes[1].pid or 0, blow)
        while collecting.busy:
            collecting.advance()
        collecting.finish()
        cut = [info for step in collecting.ended() for info in step if "summary" not in info]
        starts = model.rollout_buffer.episode_starts
    assert told in capfd.readouterr().err
    # Of the robots of worker 1 alone, both at once.
    assert [info["TimeLimit.truncated"] for info in cut] == [True, True]
    assert starts[1:, 2:].sum() == 2
    assert np.isfinite(model.rollout_buffer.advantages).all()


@pytest.mark.parametrize("cut", [False, True])
def test_what_is_kept_is_what_the_networks_say(cut: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with learner(0) as (model, env):
        rewards: list[np.ndarray] = []
        outcome = env.outcome

        def noted(number: int) -> Any:
            found = outcome(number)
            rewards.append(found.reward.copy())
            if cut and len(rewards) == 5:
                found.done[2] = True
                found.infos[2] = {"terminal_observation": {name: 0.5 * array[2] for name, array in env.seen.items()}, "TimeLimit.truncated": True}
            return found

        monkeypatch.setattr(env, "outcome", noted)
        kept = collected(model, env)
        features = {name: torch.from_numpy(kept[name]).flatten(0, 1) for name in ("policy", "privileged")}
        with torch.no_grad():
            values, log_probs, _ = model.policy.evaluate_actions(features, torch.from_numpy(kept["actions"]).flatten(0, 1))
            # What would have come after the cut.
            later = {name: torch.from_numpy(0.5 * kept[name][5, 2:3]) for name in ("policy", "privileged")}
            beyond = model.gamma * float(model.policy.predict_values(later)) if cut else 0.0
    assert kept["values"].ravel() == pytest.approx(values.flatten().numpy(), abs=1e-5)
    assert kept["log_probs"].ravel() == pytest.approx(log_probs.numpy(), abs=1e-4)
    extra = kept["rewards"] - np.stack(rewards)
    assert extra[4, 2] == pytest.approx(beyond, abs=1e-5)
    assert np.count_nonzero(extra) == int(cut)
    assert kept["episode_starts"][5].tolist() == [0.0, 0.0, float(cut), 0.0]
    assert kept["returns"] == pytest.approx(kept["advantages"] + kept["values"], abs=1e-5)
