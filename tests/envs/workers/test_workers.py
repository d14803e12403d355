"""Training robots in worker processes: results do not depend on how many there are."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecEnv

from agents.learning.vec_env import ClimbVecEnv
from envs.gym_env import observation_space
from envs.robots.go2 import GO2
from envs.task.curriculum import Curriculum, CurriculumConfig
from envs.task.scenario import Scenario, practice
from envs.workers.pool import Pool
from envs.workers.worker import Job

ARRAYS = ("policy", "privileged", "last_policy", "last_privileged", "reward", "end")


def job(robots: int) -> Job:
    return Job(GO2, robots, seed=7, randomize="full", curriculum=CurriculumConfig())


def episode_of_robot_0(number: int) -> Scenario:
    return practice(
        rng=np.random.default_rng([7, 0, number]),
        spec=GO2,
        curriculum=Curriculum(CurriculumConfig(), 1),
        row=0,
        randomize="full",
    )


@pytest.fixture(scope="module")
def env() -> Iterator[ClimbVecEnv]:
    made = ClimbVecEnv(job(4), workers=1)
    yield made
    made.close()


def played(workers: int, steps: int = 60) -> tuple[list[np.ndarray], int, dict[str, np.ndarray]]:
    """Observations under seeded, violent actions, number of episodes ended, and final state."""
    env = ClimbVecEnv(job(4), workers)
    rng = np.random.default_rng(0)
    seen = []
    ended = 0
    env.reset()
    for _ in range(steps):
        env.step_async(np.sign(rng.uniform(-1, 1, (4, env.pool.actions))))
        ended += int(env.step_wait()[2].sum())
        seen += [env.pool.shared[name].copy() for name in ARRAYS]
    state = env.get_state()
    env.close()
    return seen, ended, state


def test_one_worker_two_four_and_none_give_the_same_bit_for_bit() -> None:
    one, ended, state = played(1)
    assert ended > 0
    for workers in (0, 2, 4):
        others, _, other = played(workers)
        assert all(np.array_equal(a, b) for a, b in zip(one, others, strict=True))
        assert all(np.array_equal(state[name], other[name]) for name in state)


def test_there_are_as_many_workers_as_robots_at_most() -> None:
    with pytest.raises(ValueError, match="use 1 to 2"):
        Pool(job(2), 3)


def test_it_is_a_vec_env_of_stable_baselines(env: ClimbVecEnv) -> None:
    assert isinstance(env, VecEnv)
    assert env.num_envs == 4
    assert env.observation_space == observation_space(env.pool.observations)
    observation: Any = env.reset()
    assert {name: array.shape[0] for name, array in observation.items()} == {
        "policy": 4,
        "privileged": 4,
    }
    observation, reward, done, infos = env.step(np.zeros((4, env.pool.actions), np.float32))
    assert reward.shape == done.shape == (4,)
    assert done.dtype == np.bool_
    assert infos == [{}] * 4
    with pytest.raises(NotImplementedError):
        env.set_attr("anything", 1)


def test_an_ended_robot_hands_over_its_last_observation_and_whether_time_ran_out(
    env: ClimbVecEnv,
) -> None:
    standing = next(episode for episode in range(1000) if episode_of_robot_0(episode).speed == 0.0)
    env.set_state({"level": np.zeros((4, 2), np.int64), "episode": np.array([standing, 0, 0, 0])})
    env.reset()
    observation: Any
    ends = set()
    for _ in range(500):
        observation, _, done, infos = env.step(np.zeros((4, env.pool.actions), np.float32))
        for row in np.flatnonzero(done):
            info = infos[row]
            assert info["TimeLimit.truncated"] == (info["summary"]["end"] == "timeout")
            assert not np.array_equal(
                info["terminal_observation"]["policy"], observation["policy"][row]
            )
            assert info["episode"]["l"] == round(info["summary"]["seconds"] / 0.02)
            ends.add(info["summary"]["end"])
        assert all(not infos[row] for row in np.flatnonzero(~done))
    assert {"timeout", "arrived"} <= ends


def test_observations_handed_out_do_not_change_later(env: ClimbVecEnv) -> None:
    first = env.reset()["policy"]
    copy = first.copy()
    env.step(np.ones((4, env.pool.actions), np.float32))
    assert np.array_equal(first, copy)


def test_robots_go_on_with_the_levels_and_episodes_that_were_saved(env: ClimbVecEnv) -> None:
    saved = {
        "level": np.array([[1, 2], [3, 4], [5, 6], [7, 8]]),
        "episode": np.array([10, 20, 30, 40]),
    }
    env.set_state(saved)
    first = env.reset()
    assert np.array_equal(env.get_state()["level"], saved["level"])
    env.set_state(saved)
    again = env.reset()
    assert all(np.array_equal(first[name], again[name]) for name in first)
