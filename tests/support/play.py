"""Episodes of random actions, to be compared."""

from typing import Any

import numpy as np

from envs.gym_env import StairClimbEnv


def flat_observation(observation: dict[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([observation["policy"], observation["privileged"]], -1)


def actions(seed: int, steps: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (steps, 13)).astype(np.float32)


def same(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def trajectory(env: StairClimbEnv, seed: int, steps: int = 60, **options: Any) -> list[np.ndarray]:
    """Observations and rewards of an episode of random actions."""
    seen = [flat_observation(env.reset(seed=seed, options=options)[0])]
    for action in actions(seed, steps):
        observation, reward, *_ = env.step(action)
        seen += [flat_observation(observation), np.array(reward)]
    return seen
