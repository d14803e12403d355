"""stable-baselines3's VecEnv over the worker processes of `envs.workers`."""

from typing import Any

import numpy as np

from agents.finite import NotFiniteError
from agents.vec_robots import STATE, VecRobots
from envs.kinds import kind
from envs.pool import Pool
from envs.robots import ROBOTS
from envs.workers import Job


class ClimbVecEnv(VecRobots):
    """Training robots in worker processes of this machine."""

    def __init__(self, job: Job, workers: int) -> None:
        self.pool = Pool(job, workers)
        self._control_step = kind(ROBOTS[job.robot]).control_step
        super().__init__(job.robots, self.pool.observations, self.pool.actions)

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
