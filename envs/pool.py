"""The training robots in worker processes, from the trainer's side: requests, answers, and replacements for workers that die, hang or fail."""

import multiprocessing as mp
import sys
from collections.abc import Iterable
from multiprocessing.connection import Connection, wait
from typing import Any

import numpy as np

from envs.quiet import quiet
from envs.robots import ROBOTS
from envs.workers import Ended, Job, Shared, Worker, WorkerError, work

PATIENCE = 60.0
"""A worker that has not answered for so long [s] counts as hung."""
STARTING = 300.0
"""So long [s] may a worker take to start, on a machine that does something else."""
LOSSES, ROUNDS = 5, 10_000
"""More losses than that, of a worker or of a robot's episode, within so many requests end the run: something is wrong that a new start does not mend."""


class Pool:
    """Robots in worker processes.

    Args:
        job: what to simulate.
        workers: how many processes; the robots are split evenly. 0: none, this process steps the robots, and nothing is replaced.

    Attributes:
        shared: the arrays; write `shared["action"]` before `send`, read the others after `receive`.
        processes: the workers, by number; each has the robots `rows`.
    """

    def __init__(self, job: Job, workers: int) -> None:
        from envs.climb import PRIVILEGED_SIZE
        from envs.kinds import kind

        if not 0 <= workers <= job.robots:
            raise ValueError(f"workers is {workers}; use 1 to {job.robots}, the number of robots")
        controller = kind(ROBOTS[job.robot]).controller(ROBOTS[job.robot])
        self.job = job
        self.actions, self.observations, self.privileged = controller.actions, controller.observations, PRIVILEGED_SIZE
        self.shared = Shared(job.robots, self.actions, self.observations, self.privileged)
        shares = np.array_split(np.arange(job.robots), workers or 1)
        self.processes = [(Process if workers else Here)(job, rows.tolist(), self.shared) for rows in shares]
        self._request, self._requests = "", 0
        self._losses: list[int] = []

    def ask(self, request: str) -> list[Ended]:
        """Send `request` to every worker and wait for all of them."""
        everyone = range(len(self.processes))
        self.send(request, everyone)
        return [one for number in everyone for one in self.receive(number)]

    def send(self, request: str, numbers: Iterable[int]) -> None:
        """Send `request`, "reset", "step" or "idle", to the workers `numbers`; what one is asked, all are, sooner or later."""
        self._request = request
        for number in numbers:
            self._requests += 1
            self.processes[number].send(request)

    def answered(self, numbers: list[int]) -> list[int]:
        """Which of the workers `numbers` have answered what they were sent, at least one: waits for it. If none answers in time, all of them: `receive` says what is wrong."""
        pipes = {pipe: number for number in numbers if (pipe := self.processes[number].pipe)}
        if not pipes:
            return numbers
        return sorted(pipes[pipe] for pipe in wait(pipes, PATIENCE)) or numbers  # type: ignore[index]

    def receive(self, number: int) -> list[Ended]:
        """The episodes of worker `number` that ended with the last `send`, in the robots' order.

        A worker that died, hung or raised is replaced, and the episodes of its robots are lost.

        Raises:
            WorkerError: that has happened too often.
        """
        ended = self._answer(number)
        for one in ended:
            if one.why:
                self._lose(one.why)
        return ended

    def _answer(self, number: int) -> list[Ended]:
        replaced = False
        while True:
            process = self.processes[number]
            try:
                answer = process.answer()
                break
            except WorkerError as error:
                process.kill()
                self._lose(f"worker {number} {error}")
                print(f"a new worker takes its robots, {process.rows[0]} to {process.rows[-1]}", file=sys.stderr, flush=True)
                self.processes[number] = Process(self.job, process.rows, self.shared)
                self.processes[number].send("reset")
                replaced = True
        if self._request == "step" and replaced:
            return [Ended(robot, None) for robot in process.rows]
        return answer or []

    def _lose(self, why: str) -> None:
        print(why, file=sys.stderr, flush=True)
        now = self._requests // len(self.processes)
        self._losses = [*(loss for loss in self._losses if now - loss < ROUNDS), now]
        if len(self._losses) > LOSSES:
            raise WorkerError(
                f"{len(self._losses)} losses within {ROUNDS:,} control steps, the last: {why.splitlines()[-1]}; mend that, then continue with --resume"
            )

    def close(self) -> None:
        """End the processes."""
        for process in self.processes:
            process.send("close")
        for process in self.processes:
            process.end()


class Process:
    """One worker process and the pipe to it. It is not waited for until its first answer is: workers start side by side."""

    def __init__(self, job: Job, rows: list[int], shared: Shared) -> None:
        context = mp.get_context("spawn")
        self.rows, self._ready = rows, False
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(job, rows, shared, theirs), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        """Its number in the operating system."""
        return self._process.pid

    @property
    def pipe(self) -> Connection:
        """Can be read when there is an answer."""
        return self._pipe

    def send(self, request: str) -> None:
        """Ask for something. That a process is dead shows when its answer is awaited."""
        try:
            self._pipe.send(request)
        except OSError:
            return

    def answer(self) -> Any:
        """What came of the request.

        Raises:
            WorkerError: the process died, hung or failed; the message says which, after the traceback if there is one.
        """
        if not self._ready:
            self._receive(STARTING)
            self._ready = True
        return self._receive(PATIENCE)

    def _receive(self, patience: float) -> Any:
        try:
            if not self._pipe.poll(patience):
                raise WorkerError(f"has not answered for {patience:.0f} s")
            kind, answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            self._process.join(1.0)
            raise WorkerError(f"died (exit code {self._process.exitcode})") from error
        if kind == "error":
            raise WorkerError(f"failed:\n{answer}")
        return answer

    def end(self) -> None:
        """Wait for it to end as it was told, or else end it."""
        self._process.join(5.0)
        self.kill()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


class Here:
    """What stands for a worker process where there is none: it saves two switches between processes in every step."""

    pid = pipe = None

    def __init__(self, job: Job, rows: list[int], shared: Shared) -> None:
        self.rows, self._request = rows, ""
        with quiet():
            self._worker = Worker(job, rows, shared)

    def send(self, request: str) -> None:
        """Ask for something."""
        self._request = request

    def answer(self) -> Any:
        """What came of the request."""
        return getattr(self._worker, self._request)()

    def end(self) -> None:
        """Free the physics."""
        self._worker.batch.close()

    kill = end
