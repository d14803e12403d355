"""stable-baselines3's VecEnv over the worker processes of `envs.workers`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from envs.gym_env import observation_space
from envs.workers import Job, Pool


class ClimbVecEnv(VecEnv):
    """Training robots. Observations are dictionaries: "policy" (E, N) and "privileged" (E, 12)."""

    def __init__(self, job: Job, workers: int) -> None:
        self.pool = Pool(job, workers)
        self.render_mode = None
        super().__init__(job.robots, observation_space(self.pool.observations), spaces.Box(-1.0, 1.0, (self.pool.actions,), np.float32))

    def reset(self) -> dict[str, np.ndarray]:
        """Start all robots."""
        self.pool.ask("reset")
        return self._observation()

    def step_async(self, actions: np.ndarray) -> None:
        """Send `actions` (E, A) to the workers."""
        self.pool.shared["action"][:] = actions
        self.pool.send("step")

    def step_wait(self) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """What came of the last actions. A finished robot has started anew; its last observation is in its info."""
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        shared = self.pool.shared
        for answers in self.pool.receive():
            for index, summary in answers:
                last = {"policy": shared["last_policy"][index].copy(), "privileged": shared["last_privileged"][index].copy()}
                episode = {"r": summary["return"], "l": round(summary["seconds"] * 50), "t": 0.0}
                truncated = summary["end"] == "timeout"
                infos[index] = {"terminal_observation": last, "TimeLimit.truncated": truncated, "episode": episode, "summary": summary}
        return self._observation(), shared["reward"].copy(), shared["end"] > 0, infos

    def _observation(self) -> dict[str, np.ndarray]:
        return {name: self.pool.shared[name].copy() for name in ("policy", "privileged")}

    def get_state(self) -> dict[str, np.ndarray]:
        """Curriculum levels (E, 2) and episode numbers (E,) of all robots."""
        parts = self.pool.ask("get_state")
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        """Take over what `get_state` gave; takes effect with the next `reset`."""
        self.pool.ask("set_state", state)

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
