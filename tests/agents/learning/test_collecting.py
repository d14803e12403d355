"""Rollouts from worker processes: nobody waits for another, and what is collected does not depend
on who was faster.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch

from agents.cluster.shard import ARRAYS
from agents.learning import ppo
from agents.learning.collecting import collect
from agents.learning.driven import NotFiniteError, Over
from agents.learning.ppo import PPOConfig
from agents.learning.vec_env import ClimbVecEnv
from envs.robots.go2 import GO2
from envs.task.curriculum import CurriculumConfig
from envs.workers import pool
from envs.workers.worker import FinishedEpisode, Job

STEPS = 12
ROBOTS = 4


@contextmanager
def learner(workers: int, steps: int = STEPS) -> Iterator[tuple[Any, ClimbVecEnv]]:
    env = ClimbVecEnv(
        Job(GO2, ROBOTS, seed=3, randomize="full", curriculum=CurriculumConfig()), workers
    )
    try:
        model: Any = ppo.build(PPOConfig(rollout=steps, minibatch=steps * ROBOTS), env, seed=5)
        env.reset()
        yield model, env
    finally:
        env.close()


def collected(model: Any, env: ClimbVecEnv) -> dict[str, np.ndarray]:
    torch.manual_seed(11)
    collect(model, env)
    buffer = model.rollout_buffer
    return {name: getattr(buffer, name).copy() for name in ARRAYS} | {
        name: array.copy() for name, array in buffer.observations.items()
    }


def test_a_rollout_is_the_same_bit_for_bit_on_any_number_of_workers() -> None:
    rollouts = []
    for workers in (1, 2, 4, 0):
        with learner(workers) as (model, env):
            rollouts.append(collected(model, env))
    for other in rollouts[1:]:
        assert [
            name for name, array in rollouts[0].items() if not np.array_equal(array, other[name])
        ] == []


def test_a_worker_does_not_wait_for_another() -> None:
    with learner(2) as (model, env):
        expected = collected(model, env)
    with learner(2) as (model, env):
        slow = env.pool.processes[1].pid or 0
        beats = env.pool.shared["beat"]
        os.kill(slow, signal.SIGSTOP)

        def stopped_until_the_other_is_done() -> bool:
            assert beats[2:].tolist() == [0, 0] or beats[0] == STEPS
            if beats[0] == STEPS:
                os.kill(slow, signal.SIGCONT)
            return True

        torch.manual_seed(11)
        collect(model, env, stopped_until_the_other_is_done)
        assert np.array_equal(model.rollout_buffer.advantages, expected["advantages"])


@pytest.mark.parametrize(
    ("blow", "told"),
    [
        (signal.SIGKILL, "worker 1 died (exit code -9)"),
        (signal.SIGSTOP, "worker 1 has not answered for 5 s"),
    ],
)
def test_a_worker_that_dies_or_hangs_in_the_middle_is_replaced_and_its_rollout_collected_again(
    blow: int, told: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pool, "PATIENCE", 5.0)
    with learner(2) as (model, env):
        expected = collected(model, env)
    with learner(2) as (model, env):
        victim = env.pool.processes[1].pid or 0
        receive = env.pool.receive
        os.kill(victim, signal.SIGSTOP)
        struck = iter([blow])

        def strike() -> bool:
            for one in struck:
                os.kill(victim, one)
            return True

        lost = []

        def noted(number: int) -> Any:
            answer = receive(number)
            lost.extend([number] * (answer is None))
            return answer

        monkeypatch.setattr(env.pool, "receive", noted)
        torch.manual_seed(11)
        ended = collect(model, env, strike)
        buffer = model.rollout_buffer
        episodes = env.get_state()["episode"]
    assert told in capfd.readouterr().err
    assert lost == [1]
    assert ended is not None
    # Its robots are in their next episodes, the others as they would have been; nothing is missing.
    assert episodes[2:].min() >= 2
    assert np.array_equal(buffer.actions[:, :2], expected["actions"][:, :2])
    assert np.array_equal(buffer.observations["policy"][:, :2], expected["policy"][:, :2])
    assert not np.array_equal(buffer.observations["policy"][:, 2:], expected["policy"][:, 2:])
    assert buffer.episode_starts[0].tolist() == [1.0] * ROBOTS
    assert np.isfinite(buffer.advantages).all()


def test_who_says_no_gets_no_rollout_and_no_worker_goes_on_with_it() -> None:
    steps = 1000
    with learner(2, steps) as (model, env):
        assert collect(model, env, lambda: env.pool.shared["beat"].max() < 3) is None
        stopped = env.pool.shared["beat"].copy()
        assert stopped.max() < steps
        assert env.pool.ask("idle") == [None, None]
        assert np.array_equal(env.pool.shared["beat"], stopped)


def test_an_action_that_is_not_finite_is_an_error() -> None:
    with learner(1) as (model, env):
        with torch.no_grad():
            model.policy.action_net.bias[0] = torch.nan
        with pytest.raises(NotFiniteError, match="the action is not finite"):
            collect(model, env)


@pytest.mark.parametrize("cut", [False, True])
def test_what_is_kept_is_what_the_networks_say(cut: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with learner(0) as (model, env):
        rewards: list[np.ndarray] = []
        real: Any = env.collect

        def noted(*arguments: Any) -> Any:
            (steps,) = real(*arguments)
            rewards.append(steps.rewards.copy())
            if cut:
                # Robot 2 is lost in the fifth step.
                steps.starts[5, 2] = True
                steps.over.append(
                    Over(
                        4,
                        FinishedEpisode(2, None),
                        {name: 0.5 * array[5, 2] for name, array in steps.observations.items()},
                    )
                )
            return [steps]

        monkeypatch.setattr(env, "collect", noted)
        kept = collected(model, env)
        features = {
            name: torch.from_numpy(kept[name]).flatten(0, 1) for name in ("policy", "privileged")
        }
        with torch.no_grad():
            values, log_probs, _ = model.policy.evaluate_actions(
                features, torch.from_numpy(kept["actions"]).flatten(0, 1)
            )
            # What would have come after the cut.
            later = {
                name: torch.from_numpy(0.5 * kept[name][5, 2:3])
                for name in ("policy", "privileged")
            }
            beyond = model.gamma * float(model.policy.predict_values(later)) if cut else 0.0
    assert kept["values"].ravel() == pytest.approx(values.flatten().numpy(), abs=1e-5)
    assert kept["log_probs"].ravel() == pytest.approx(log_probs.numpy(), abs=1e-4)
    extra = kept["rewards"] - rewards[0]
    assert extra[4, 2] == pytest.approx(beyond, abs=1e-5)
    assert np.count_nonzero(extra) == int(cut)
    assert kept["episode_starts"][5].tolist() == [0.0, 0.0, float(cut), 0.0]
    assert kept["returns"] == pytest.approx(kept["advantages"] + kept["values"], abs=1e-5)


def test_rollouts_hold_what_stepping_the_robots_gives() -> None:
    with learner(1) as (model, env):
        kept = collected(model, env)
    with learner(1) as (_, env):
        env.set_state({name: np.zeros_like(array) for name, array in env.get_state().items()})
        seen: Any = env.reset()
        for step in range(STEPS):
            assert np.array_equal(seen["policy"], kept["policy"][step])
            assert np.array_equal(seen["privileged"], kept["privileged"][step])
            seen, reward, done, _ = env.step(np.clip(kept["actions"][step], -1, 1))
            assert not done.any()
            assert np.array_equal(reward, kept["rewards"][step])
