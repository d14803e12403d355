"""Worker processes, each a `ClimbBatch` of training robots, over shared memory.

A robot's episodes depend on the seed, its index and the episode's number alone: not on the number of workers, nor on what ran before.
"""

import multiprocessing as mp
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.curriculum import Curriculum, CurriculumConfig
from envs.quiet import quiet
from envs.randomization import Randomize
from envs.robots import ROBOTS

PATIENCE = 60.0
"""A worker that has not answered for so long [s] counts as hung."""


@dataclass(frozen=True)
class Job:
    """What the workers simulate."""

    robot: str
    robots: int
    """How many robots in all."""
    seed: int
    randomize: Randomize
    curriculum: CurriculumConfig
    blind: bool = False
    """Without a height map."""


class WorkerError(RuntimeError):
    """A worker process died, hung or failed; the message says which and why."""


class Shared:
    """Arrays that all processes see, one row a robot."""

    def __init__(self, robots: int, actions: int, observations: int, privileged: int) -> None:
        context = mp.get_context("spawn")
        shapes = {
            "action": (robots, actions),
            "policy": (robots, observations),
            "privileged": (robots, privileged),
            "last_policy": (robots, observations),
            "last_privileged": (robots, privileged),
            "reward": (robots,),
            "end": (robots,),
        }
        self._raw = {name: (context.RawArray("f", int(np.prod(shape))), shape) for name, shape in shapes.items()}

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        raw, shape = self._raw[name]
        return np.frombuffer(raw, dtype=np.float32).reshape(shape)


class Pool:
    """Robots in worker processes.

    Args:
        job: what to simulate.
        workers: how many processes; the robots are split evenly.

    Attributes:
        shared: the arrays; write `shared["action"]` before `send`, read the others after `receive`.
    """

    def __init__(self, job: Job, workers: int) -> None:
        from envs.climb import PRIVILEGED_SIZE
        from envs.controller.quadruped import Controller

        if not 1 <= workers <= job.robots:
            raise ValueError(f"workers is {workers}; use 1 to {job.robots}, the number of robots")
        controller = Controller(ROBOTS[job.robot])
        self.job = job
        self.actions, self.observations, self.privileged = controller.actions, controller.observations, PRIVILEGED_SIZE
        self.shared = Shared(job.robots, self.actions, self.observations, self.privileged)
        self._rows = [rows.tolist() for rows in np.array_split(np.arange(job.robots), workers)]
        context = mp.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for rows in self._rows:
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(job, rows, self.shared, theirs), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def ask(self, request: str, argument: Any = None) -> list[Any]:
        """Send `request` to every worker and return the answers in order."""
        self.send(request, argument)
        return self.receive()

    def send(self, request: str, argument: Any = None) -> None:
        """Send `request` to every worker."""
        for number, pipe in enumerate(self._pipes):
            try:
                pipe.send((request, argument))
            except (BrokenPipeError, ConnectionError) as error:
                raise self._lost(number) from error

    def receive(self) -> list[Any]:
        """The workers' answers to the last `send`.

        Raises:
            WorkerError: a worker died, hung or raised.
        """
        return [self._answer(number, pipe) for number, pipe in enumerate(self._pipes)]

    def _answer(self, number: int, pipe: Connection) -> Any:
        try:
            if not pipe.poll(PATIENCE):
                raise WorkerError(f"worker {number} has not answered for {PATIENCE:.0f} s; resume the run with --resume")
            kind, answer = pipe.recv()
        except (EOFError, ConnectionError) as error:
            raise self._lost(number) from error
        if kind == "error":
            raise WorkerError(f"worker {number} failed; resume the run with --resume. Its traceback:\n{answer}")
        return answer

    def _lost(self, number: int) -> WorkerError:
        process = self._processes[number]
        process.join(1.0)
        return WorkerError(f"worker {number} died (exit code {process.exitcode}); resume the run with --resume")

    def close(self) -> None:
        """End the processes."""
        for pipe in self._pipes:
            try:
                pipe.send(("close", None))
            except (BrokenPipeError, ConnectionError):
                continue
        for process in self._processes:
            process.join(5.0)
            if process.is_alive():
                process.kill()


class Worker:
    """What runs in a worker process: some of the job's robots."""

    def __init__(self, job: Job, rows: list[int], shared: Shared) -> None:
        from envs.climb import ClimbBatch

        self.job, self.rows = job, rows
        self.span = slice(rows[0], rows[-1] + 1)
        self.shared = {name: shared[name][self.span] for name in shared._raw}
        self.batch = ClimbBatch(ROBOTS[job.robot], len(rows))
        self.curriculum = Curriculum(job.curriculum, len(rows))
        self.episode = np.zeros(len(rows), dtype=np.int64)

    def begin(self, rows: list[int]) -> None:
        """Start the next episode of `rows` (of this worker)."""
        from envs.scenario import blindfolded, practice

        generators, scenarios = {}, {}
        for row in rows:
            rng = np.random.default_rng([self.job.seed, self.rows[row], int(self.episode[row])])
            self.episode[row] += 1
            generators[row] = rng
            scenario = practice(rng, self.batch.spec, self.curriculum, row, self.job.randomize)
            scenarios[row] = blindfolded(scenario) if self.job.blind else scenario
        self.shared["policy"][rows], self.shared["privileged"][rows] = self.batch.reset(scenarios, generators)

    def reset(self, _: Any) -> None:
        """Start anew with all robots."""
        self.begin(list(range(len(self.rows))))

    def step(self, _: Any) -> list[tuple[int, dict[str, Any]]]:
        """One control step; robots that end start anew at once. Returns (index, summary) of those that ended."""
        result = self.batch.step(self.shared["action"].copy())
        shared = self.shared
        shared["policy"][:], shared["privileged"][:] = result.policy, result.privileged
        shared["reward"][:], shared["end"][:] = result.reward, result.end
        ended = np.flatnonzero(result.end).tolist()
        if not ended:
            return []
        shared["last_policy"][ended], shared["last_privileged"][ended] = result.policy[ended], result.privileged[ended]
        summaries = [self.batch.summary(row, int(result.end[row])) for row in ended]
        for row, summary in zip(ended, summaries, strict=True):
            scenario = self.batch.scenarios[row]
            if scenario is not None and scenario.counts:
                self.curriculum.report(row, summary["direction"] == "down", float(summary["share"]) if not summary["is_success"] else 1.0)
        self.begin(ended)
        return [(self.rows[row], summary) for row, summary in zip(ended, summaries, strict=True)]

    def get_state(self, _: Any) -> dict[str, NDArray[np.int64]]:
        """Levels and episode numbers of these robots."""
        return {"level": self.curriculum.level.copy(), "episode": self.episode.copy()}

    def set_state(self, state: dict[str, NDArray[np.int64]]) -> None:
        """Take over the levels and episode numbers of all the job's robots."""
        self.curriculum.level[:] = state["level"][self.span]
        self.episode[:] = state["episode"][self.span]


def _work(job: Job, rows: list[int], shared: Shared, pipe: Connection) -> None:
    import signal

    import torch

    # Ctrl-C is the trainer's to handle: it saves, then closes the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    try:
        with quiet():
            worker = Worker(job, rows, shared)
        while True:
            request, argument = pipe.recv()
            if request == "close":
                return
            pipe.send(("ok", getattr(worker, request)(argument)))
    except EOFError:
        return
    except Exception:
        pipe.send(("error", traceback.format_exc()))
