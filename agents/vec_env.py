"""stable-baselines3's VecEnv over the worker processes of `envs.workers`."""

from typing import Any, NamedTuple

import numpy as np

from agents.collecting import StepByStep
from agents.finite import NotFiniteError
from agents.vec_robots import STATE, VecRobots
from envs.kinds import kind
from envs.pool import Pool
from envs.robots import ROBOTS
from envs.workers import Job


class Outcome(NamedTuple):
    """What came of the last actions of the robots of a worker. A finished robot has started anew; its last observation is in its info."""

    reward: np.ndarray
    done: np.ndarray
    infos: list[dict[str, Any]]


class ClimbVecEnv(VecRobots):
    """Training robots in worker processes of this machine.

    Attributes:
        rows: the robots of each worker, by its number.
        seen: what the robots observe now.
    """

    algorithm = StepByStep

    def __init__(self, job: Job, workers: int) -> None:
        self.pool = Pool(job, workers)
        self.rows = [slice(process.rows[0], process.rows[-1] + 1) for process in self.pool.processes]
        self._control_step = kind(ROBOTS[job.robot]).control_step
        super().__init__(job.robots, self.pool.observations, self.pool.actions)

    def reset(self) -> dict[str, np.ndarray]:
        """Start the next episode of every robot."""
        self.pool.ask("reset")
        self.seen = {name: self.pool.shared[name].copy() for name in ("policy", "privileged")}
        return self._observe()

    def act(self, actions: np.ndarray, numbers: list[int]) -> None:
        """Send their robots' actions, of `actions` (E, A), to the workers `numbers`.

        Raises:
            NotFiniteError: one of them is not finite.
        """
        for number in numbers:
            if not np.isfinite(actions[self.rows[number]]).all():
                raise NotFiniteError("action")
            self.pool.shared["action"][self.rows[number]] = actions[self.rows[number]]
        self.pool.send("step", numbers)

    def outcome(self, number: int) -> Outcome:
        """What came of the last actions of worker `number`, when it has answered; `seen` has what its robots observe then.

        A lost episode counts as truncated before this step: its last observation is the one handed out then, its reward is 0, and it has no summary.
        """
        rows, shared = self.rows[number], self.pool.shared
        first, count = rows.start, rows.stop - rows.start
        infos: list[dict[str, Any]] = [{} for _ in range(count)]
        done = np.zeros(count, dtype=bool)
        ended = self.pool.receive(number)
        reward = shared["reward"][rows].copy()
        for robot, summary, _ in ended:
            index = robot - first
            done[index] = True
            if summary is None:
                last = {name: array[robot].copy() for name, array in self.seen.items()}
                infos[index], reward[index] = {"terminal_observation": last, "TimeLimit.truncated": True}, 0.0
                continue
            last = {name: shared[f"last_{name}"][robot].copy() for name in self.seen}
            episode = {"r": summary["return"], "l": round(summary["seconds"] / self._control_step), "t": 0.0}
            infos[index] = {"terminal_observation": last, "TimeLimit.truncated": summary["end"] == "timeout", "episode": episode, "summary": summary}
        for name, array in self.seen.items():
            array[rows] = shared[name][rows]
        return Outcome(reward, done, infos)

    def step_async(self, actions: np.ndarray) -> None:
        """Send `actions` (E, A) to the workers; raises as `act`."""
        self.act(actions, list(range(len(self.rows))))

    def step_wait(self) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """What came of the last actions."""
        parts = [self.outcome(number) for number in range(len(self.rows))]
        reward, done = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        return self._observe(), reward, done, [info for part in parts for info in part.infos]

    def _observe(self) -> dict[str, np.ndarray]:
        return {name: array.copy() for name, array in self.seen.items()}

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
