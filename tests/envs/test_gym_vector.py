"""Many robots in one environment: each is a single robot of its own seed."""

from collections.abc import Iterator

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import envs  # noqa: F401  (registers the ids)
from envs.gym_env import StairClimbEnv, StairClimbVectorEnv
from tests.support.play import actions, flat_observation, same, trajectory

ID = "StairClimb-Go2-v1"
FLAT = {"riser": 0.0, "steps": 3, "randomize": "nominal"}


@pytest.fixture
def env() -> Iterator[StairClimbEnv]:
    made = StairClimbEnv()
    yield made
    made.close()


@pytest.mark.parametrize("count", [2, 3, 8])
def test_a_robot_in_a_batch_is_a_single_robot_of_its_own_seed_bit_for_bit(
    env: StairClimbEnv, count: int
) -> None:
    many = gym.make_vec(ID, num_envs=count)
    observation, _ = many.reset(seed=20)
    played = np.stack([actions(20 + row, 40) for row in range(count)], 1)
    seen = [flat_observation(observation)]
    for step in played:
        observation, reward, *_ = many.step(step)
        seen += [flat_observation(observation), reward]
    many.close()
    for row in (0, count - 1):
        assert same(trajectory(env, seed=20 + row, steps=40), [values[row] for values in seen]), row


def test_a_robot_that_starts_anew_in_a_batch_is_a_single_robots_next_episode(
    env: StairClimbEnv,
) -> None:
    short = {"seconds": 0.06, "riser": 0.1}
    many = gym.make_vec(ID, num_envs=2)
    many.reset(seed=30, options=short)
    env.reset(seed=31, options=short)
    played = actions(0, 3)
    for action in played:
        *_, truncated, _ = many.step(np.stack([action, action]))
        env.step(action)
    assert truncated.all()
    observation, reward, terminated, truncated, _ = many.step(np.zeros((2, 13), np.float32))
    assert np.array_equal(
        flat_observation(observation)[1], flat_observation(env.reset(options=short)[0])
    )
    assert not reward.any()
    assert not terminated.any()
    assert not truncated.any()
    many.close()


def test_the_vector_environment_keeps_gymnasiums_contract() -> None:
    many = gym.make_vec(ID, num_envs=3).unwrapped
    assert isinstance(many, StairClimbVectorEnv)
    assert many.num_envs == 3
    assert many.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    observation, info = many.reset(seed=[1, 2, 1])
    assert observation in many.observation_space
    assert np.array_equal(observation["policy"][0], observation["policy"][2])
    assert list(info["riser"]) == [0.10] * 3
    many.action_space.seed(0)
    observation, reward, terminated, truncated, _ = many.step(many.action_space.sample())
    assert observation in many.observation_space
    assert reward.shape == terminated.shape == truncated.shape == (3,)
    assert terminated.dtype == truncated.dtype == np.bool_
    many.close()


def test_a_batch_reports_how_each_robot_ended() -> None:
    many = gym.make_vec(ID, num_envs=2)
    many.reset(seed=0, options=FLAT | {"seconds": 0.04})
    many.step(np.zeros((2, 13), np.float32))
    *_, info = many.step(np.zeros((2, 13), np.float32))
    assert list(info["end"]) == ["timeout"] * 2
    assert list(info["_end"]) == [True] * 2
    many.close()


def test_a_batch_must_be_reset_first() -> None:
    many = StairClimbVectorEnv(2)
    with pytest.raises(gym.error.ResetNeeded):
        many.step(np.zeros((2, 13), np.float32))
    many.close()
