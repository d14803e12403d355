"""A worker process: a `ClimbBatch` of training robots over shared memory.

`envs.workers.pool` starts it. A robot's episodes depend on the seed, the robot's number and the
episode's number alone: not on the number of workers, nor on what ran before. What must outlive a
worker is in shared memory: the levels of the curriculum and the episodes' numbers.
"""

import multiprocessing as mp
import traceback
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.physics.quiet import quiet
from envs.robots.spec import RobotSpec
from envs.task.curriculum import Curriculum, CurriculumConfig
from envs.task.episodes import Summary
from envs.task.randomization import Randomize
from envs.task.terminations import End


@dataclass(frozen=True)
class Job:
    """What the workers simulate."""

    spec: RobotSpec
    """The robot, with the gait, rewards and randomisation of this job."""
    robots: int
    """Number of robots in all."""
    seed: int
    """Random seed."""
    randomize: Randomize
    """How the randomisation table is filled."""
    curriculum: CurriculumConfig
    """Settings of the curriculum."""
    blind: bool = False
    """Whether the robots have no height map."""
    faults: Path | None = None
    """Folder for the recordings of `envs.workers.replay`; None: nothing is recorded."""
    first: int = 0
    """Number of the job's first robot.

    A share of a run's robots goes on counting where the share before it ends.
    """


class WorkerError(RuntimeError):
    """A worker process died, hung or failed; the message says which and why."""


class FinishedEpisode(NamedTuple):
    """An episode that is over."""

    robot: int
    """Index of the robot in the job."""
    summary: Summary | None
    """Figures of the episode; None: it is lost, and counts as cut off before the last step."""
    why: str = ""
    """Cause of the loss, in one line."""

    @property
    def cut_off(self) -> bool:
        """Whether the episode would have gone on: time was up, or the episode is lost."""
        return self.summary is None or self.summary["end"] == End.TIMEOUT.label


class SharedArrays:
    """Arrays that all processes share, one row per robot."""

    def __init__(self, robots: int, actions: int, observations: int, privileged: int) -> None:
        context = mp.get_context("spawn")
        table = {
            "action": ("f", (robots, actions)),
            "policy": ("f", (robots, observations)),
            "privileged": ("f", (robots, privileged)),
            "last_policy": ("f", (robots, observations)),
            "last_privileged": ("f", (robots, privileged)),
            "reward": ("f", (robots,)),
            "end": ("f", (robots,)),
            "level": ("q", (robots, 2)),
            "episode": ("q", (robots,)),
            # Control steps made so far, as a sign of life; and whether to stop a request that takes
            # many of them.
            "beat": ("q", (robots,)),
            "halt": ("q", (robots,)),
        }
        self.names = tuple(table)
        self._raw = {
            name: (context.RawArray(code, int(np.prod(shape))), code, shape)
            for name, (code, shape) in table.items()
        }

    def __getitem__(self, name: str) -> NDArray[Any]:
        raw, code, shape = self._raw[name]
        return np.frombuffer(raw, dtype=code).reshape(shape)


class Worker:
    """The robots `rows` of a job, in a worker process."""

    def __init__(self, job: Job, rows: list[int], shared: SharedArrays) -> None:
        from envs.climb import ClimbBatch

        self.job = job
        self.rows = rows
        span = slice(rows[0], rows[-1] + 1)
        self.shared = {name: shared[name][span] for name in shared.names}
        self.batch = ClimbBatch(job.spec, len(rows))
        self.curriculum = Curriculum(job.curriculum, len(rows))
        self.curriculum.level = self.shared["level"]
        self._states: list[dict[str, object]] = [{}] * len(rows)
        self._acted: deque[NDArray[np.float32]] = deque()

    def begin(self, rows: list[int]) -> None:
        """Start the next episode of the robots `rows` of this worker."""
        from envs.task.scenario import blindfolded, practice

        generators = {}
        scenarios = {}
        episode = self.shared["episode"]
        for row in rows:
            rng = np.random.default_rng(
                [self.job.seed, self.job.first + self.rows[row], int(episode[row])]
            )
            episode[row] += 1
            generators[row] = rng
            scenario = practice(
                rng=rng,
                spec=self.batch.spec,
                curriculum=self.curriculum,
                row=row,
                randomize=self.job.randomize,
            )
            scenarios[row] = blindfolded(scenario) if self.job.blind else scenario
            self._states[row] = dict(rng.bit_generator.state)
        self.shared["policy"][rows], self.shared["privileged"][rows] = self.batch.reset(
            scenarios, generators
        )

    def reset(self) -> None:
        """Start all robots anew."""
        self.begin(list(range(len(self.rows))))
        self._acted.clear()

    def idle(self) -> None:
        """Do nothing: a benchmark measures what a request costs."""

    def step(self) -> list[FinishedEpisode]:
        """Advance by one control step. Returns the finished episodes.

        Robots whose episode is over start anew at once.
        """
        from envs.workers.replay import faults

        actions = self.shared["action"].copy()
        self._acted.append(actions)
        result = self.batch.step(actions)
        shared = self.shared
        lost = faults(self.batch, result)
        shared["beat"] += 1
        shared["policy"][:] = result.policy
        shared["privileged"][:] = result.privileged
        shared["reward"][:] = result.reward
        shared["end"][:] = result.end
        over = sorted({*np.flatnonzero(result.end).tolist(), *lost})
        if not over:
            return []
        shared["last_policy"][over] = result.policy[over]
        shared["last_privileged"][over] = result.privileged[over]
        ended = [
            self._lose(row, lost[row]) if row in lost else self._finish(row, int(result.end[row]))
            for row in over
        ]
        self.begin(over)
        while len(self._acted) > self.batch.episodes.tally.steps.max():
            self._acted.popleft()
        return ended

    def _finish(self, row: int, end: int) -> FinishedEpisode:
        summary = self.batch.episodes.summary(row, end)
        scenario = self.batch.episodes.scenarios[row]
        if scenario is not None and scenario.counts:
            self.curriculum.report(
                row,
                summary["direction"] == "down",
                float(summary["share"]) if not summary["is_success"] else 1.0,
            )
        return FinishedEpisode(self.rows[row], summary)

    def _lose(self, row: int, what: str) -> FinishedEpisode:
        """The lost episode of a robot with a number that is not finite.

        The episode is recorded for a replay, and the robot gets a new physics client.
        """
        from envs.workers.replay import Recording

        robot = self.job.first + self.rows[row]
        steps = int(self.batch.episodes.tally.steps[row])
        why = (
            f"robot {robot}: {what} is not finite after {steps} control steps; the robot starts "
            "anew"
        )
        scenario = self.batch.episodes.scenarios[row]
        if self.job.faults is not None and scenario is not None:
            recording = Recording(
                spec=self.job.spec,
                scenario=scenario,
                generator=self._states[row],
                actions=np.stack(list(self._acted)[-steps:])[:, row],
                fault=what,
            )
            path = recording.write(
                self.job.faults
                / f"robot-{robot}-episode-{int(self.shared['episode'][row]) - 1}.json"
            )
            why += f"; see it again: python -m envs.workers.replay {path}"
        self.batch.physics.replace(row)
        return FinishedEpisode(self.rows[row], None, why)


def work(
    make: type[Worker], job: Job, rows: list[int], shared: SharedArrays, pipe: Connection
) -> None:
    """Run a worker process: say "ready", then answer requests.

    A request is the name of a worker's method and its arguments. The process ends when it is told
    to close or its trainer is gone.
    """
    import signal

    import torch

    from envs.physics.pages import release_zero_pages

    # The trainer handles Ctrl-C: it closes the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    try:
        with quiet(), release_zero_pages():
            worker = make(job, rows, shared)
        pipe.send(("ready", None))
        while True:
            request, *arguments = pipe.recv()
            if request == "close":
                return
            pipe.send(("done", getattr(worker, request)(*arguments)))
    except (EOFError, ConnectionError):
        return
    except Exception:
        pipe.send(("error", traceback.format_exc()))
