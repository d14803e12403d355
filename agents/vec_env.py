"""stable-baselines3's VecEnv over the worker processes of `envs.workers`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from agents.finite import NotFiniteError
from envs.gym_env import observation_space
from envs.kinds import kind
from envs.pool import Pool
from envs.robots import ROBOTS
from envs.workers import Job

STATE = ("level", "episode")
"""What of the robots outlives their episodes: the names of shared arrays."""


class ClimbVecEnv(VecEnv):
    """Training robots. Observations are dictionaries: "policy" (E, N) and "privileged" (E, 12)."""

    def __init__(self, job: Job, workers: int) -> None:
        self.pool = Pool(job, workers)
        self.render_mode = None
        self._control_step = kind(ROBOTS[job.robot]).control_step
        super().__init__(job.robots, observation_space(self.pool.observations), spaces.Box(-1.0, 1.0, (self.pool.actions,), np.float32))

    def reset(self) -> dict[str, np.ndarray]:
        """Start the next episode of every robot."""
        self.pool.ask("reset")
        return self._observe()

    def step_async(self, actions: np.ndarray) -> None:
        """Send `actions` (E, A) to the workers.

        Raises:
            NotFiniteError: one of them is not finite.
        """
        if not np.isfinite(actions).all():
            raise NotFiniteError("action")
        self.pool.shared["action"][:] = actions
        self.pool.send("step")

    def step_wait(self) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """What came of the last actions. A finished robot has started anew; its last observation is in its info.

        A lost episode counts as truncated before this step: its last observation is the one handed out then, its reward is 0, and it has no summary.
        """
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        done = np.zeros(self.num_envs, dtype=bool)
        shared, ended = self.pool.shared, self.pool.receive()
        reward = shared["reward"].copy()
        for index, summary, _ in ended:
            done[index] = True
            if summary is None:
                last = {name: array[index] for name, array in self._seen.items()}
                infos[index], reward[index] = {"terminal_observation": last, "TimeLimit.truncated": True}, 0.0
                continue
            last = {name: shared[f"last_{name}"][index].copy() for name in self._seen}
            episode = {"r": summary["return"], "l": round(summary["seconds"] / self._control_step), "t": 0.0}
            infos[index] = {"terminal_observation": last, "TimeLimit.truncated": summary["end"] == "timeout", "episode": episode, "summary": summary}
        return self._observe(), reward, done, infos

    def _observe(self) -> dict[str, np.ndarray]:
        self._seen = {name: self.pool.shared[name].copy() for name in ("policy", "privileged")}
        return self._seen

    def get_state(self) -> dict[str, np.ndarray]:
        """Curriculum levels (E, 2) and episode numbers (E,) of all robots."""
        return {name: self.pool.shared[name].copy() for name in STATE}

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        """Take over what `get_state` gave; takes effect with the next `reset`."""
        for name in STATE:
            self.pool.shared[name][:] = state[name]

    def close(self) -> None:
        """End the workers."""
        self.pool.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same attribute for every robot: they live in other processes, so only what the pool holds."""
        return [getattr(self, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Not possible across processes."""
        raise NotImplementedError(f"cannot set {attr_name} in the workers; set it in the configuration")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Not possible across processes."""
        raise NotImplementedError(f"cannot call {method_name} in the workers")

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """No wrappers here."""
        return [False] * self.num_envs

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Robots are seeded by the job."""
        return [None] * self.num_envs
