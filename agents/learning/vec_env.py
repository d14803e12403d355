"""stable-baselines3's VecEnv over the worker processes of `envs.workers.worker`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from agents.learning.collecting import LocalRollouts
from agents.learning.driven import Driven, NotFiniteError, Steps
from agents.learning.vec_robots import STATE, VecRobots
from agents.networks import OBSERVATIONS
from envs.workers.pool import Pool
from envs.workers.worker import FinishedEpisode, Job


class ClimbVecEnv(VecRobots):
    """Training robots in worker processes of this machine. They can be stepped; training lets them
    `collect`.

    Attributes:
        rows: the robots of each worker, by its number.
    """

    algorithm = LocalRollouts

    def __init__(self, job: Job, workers: int) -> None:
        self.pool = Pool(job, workers, Driven)
        self.rows = [
            slice(process.rows[0], process.rows[-1] + 1) for process in self.pool.processes
        ]
        self._seen: dict[str, np.ndarray] = {}
        self._control_step = job.spec.control_step
        super().__init__(job.robots, self.pool.observations, self.pool.actions)

    def reset(self) -> dict[str, np.ndarray]:
        """Start the next episode of every robot."""
        self.pool.ask("reset")
        self._seen = {name: self.pool.shared[name].copy() for name in OBSERVATIONS}
        return self._seen

    def collect(
        self,
        weights: dict[str, torch.Tensor],
        deviation: np.ndarray,
        noise: np.ndarray,
        go_on: Callable[[], bool],
    ) -> list[Steps] | None:
        """A rollout of every robot, by worker; None if `go_on`, which is asked now and then, says
        no. A worker that is lost costs its rollout, which another collects from its start.

        Args:
            weights: weights of the actor.
            deviation: standard deviation of the actions, (A,).
            noise: standard normal, (T, E, A).

        Raises:
            NotFiniteError: an action is not finite.
            WorkerError: workers were lost too often.
        """
        halt = self.pool.shared["halt"]
        found = {}
        left = list(range(len(self.rows)))
        halt[:] = 0

        def send(number: int) -> None:
            self.pool.send([number], "collect", weights, deviation, noise[:, self.rows[number]])

        for number in left:
            send(number)
        while left:
            for number in self.pool.answered(left):
                steps = self.pool.receive(number)
                if steps is None and not halt.any():
                    send(number)
                    continue
                found[number] = steps
                left.remove(number)
            halt[:] |= not go_on()
        if halt.any():
            return None
        for steps in found.values():
            if isinstance(steps, NotFiniteError):
                raise steps
            self.pool.tell([one.ended for one in steps.over])
        return [found[number] for number in range(len(self.rows))]

    def info(self, ended: FinishedEpisode, last: dict[str, np.ndarray]) -> dict[str, Any]:
        """Info of an episode that is over, as stable-baselines3 has it, with its last observation.
        A lost episode has no summary.
        """
        known = {"terminal_observation": last, "TimeLimit.truncated": ended.cut_off}
        if ended.summary is None:
            return known
        episode = {
            "r": ended.summary["return"],
            "l": round(float(ended.summary["seconds"]) / self._control_step),
            "t": 0.0,
        }
        return known | {"episode": episode, "summary": ended.summary}

    def step_async(self, actions: np.ndarray) -> None:
        """Send `actions` (E, A) to the workers.

        Raises:
            NotFiniteError: one of them is not finite.
        """
        if not np.isfinite(actions).all():
            raise NotFiniteError("action")
        self.pool.shared["action"][:] = actions
        self.pool.send(range(len(self.rows)), "step")

    def step_wait(
        self,
    ) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Observations, rewards, ends and infos after the last actions. A finished robot starts
        anew at once; its last observation is in its info.

        A lost episode counts as truncated before this step: its last observation is the one handed
        out then, its reward is 0, and it has no summary.
        """
        shared = self.pool.shared
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        done = np.zeros(self.num_envs, dtype=bool)
        ended = [one for number in range(len(self.rows)) for one in self.pool.episodes(number)]
        reward = shared["reward"].copy()
        for one in ended:
            done[one.robot] = True
            if one.summary is None:
                reward[one.robot] = 0.0
                last = {name: array[one.robot].copy() for name, array in self._seen.items()}
            else:
                last = {name: shared[f"last_{name}"][one.robot].copy() for name in OBSERVATIONS}
            infos[one.robot] = self.info(one, last)
        self._seen = {name: shared[name].copy() for name in OBSERVATIONS}
        return self._seen, reward, done, infos

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
