"""Training robots as a VecEnv of stable-baselines3, wherever they are simulated."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from agents.learning.learner import Learner
from envs.gym_env import observation_space

STATE = ("level", "episode")
"""State that outlives episodes: curriculum levels (E, 2) and episode numbers (E,)."""


class VecRobots(VecEnv):
    """Training robots. Observations are dictionaries: "policy" (E, N) and "privileged" (E, 12).

    Args:
        robots: how many.
        observations: N, numbers in the observation of a policy.
        actions: A, numbers in an action.

    Attributes:
        algorithm: which PPO collects their rollouts.
    """

    algorithm: type[Learner] = Learner

    def __init__(self, robots: int, observations: int, actions: int) -> None:
        self.render_mode = None
        super().__init__(
            robots, observation_space(observations), spaces.Box(-1.0, 1.0, (actions,), np.float32)
        )

    @abstractmethod
    def get_state(self) -> dict[str, np.ndarray]:
        """Curriculum levels (E, 2) and episode numbers (E,) of all robots."""

    @abstractmethod
    def set_state(self, state: dict[str, np.ndarray]) -> None:
        """Take over what `get_state` gave; takes effect with the next `reset`."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same attribute for every robot: they live in other processes, so only what the pool
        holds.
        """
        return [getattr(self, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Not possible across processes."""
        raise NotImplementedError(
            f"cannot set {attr_name} in the workers; set it in the configuration"
        )

    def env_method(
        self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any
    ) -> list[Any]:
        """Not possible across processes."""
        raise NotImplementedError(f"cannot call {method_name} in the workers")

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """No wrappers here."""
        return [False] * self.num_envs

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Robots are seeded by the job."""
        return [None] * self.num_envs
