"""A pool of training robots in worker processes, seen from the trainer.

It sends requests, receives answers, and replaces workers that die, hang or fail.
"""

import multiprocessing as mp
import signal
import sys
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection, wait
from typing import Any

import numpy as np

from envs.physics.quiet import quiet
from envs.workers.worker import FinishedEpisode, Job, SharedArrays, Worker, WorkerError, work

PATIENCE = 60.0
"""Time without an answer or a control step after which a worker counts as hung [s]."""
POLL = 0.1
"""Interval between liveness checks of a worker [s]."""
STARTING = 300.0
"""Time allowed for a worker to start, on a busy machine [s]."""
LOSSES = 5
"""Largest number of lost workers and lost episodes within `ROUNDS` that a run survives.

With more, something is wrong that a new start does not mend.
"""
ROUNDS = 10_000
"""Control steps within which losses are counted."""


class Pool:
    """Robots in worker processes.

    Args:
        job: what to simulate.
        workers: number of processes; the robots are split evenly. With 0, this process steps the
            robots, and nothing is replaced.
        make: the class that runs in the processes.

    Attributes:
        shared: the shared arrays. Write `shared["action"]` before "step" is sent; read the others
            after it is answered.
        processes: the workers, by number; each has the robots `rows`.
    """

    def __init__(self, job: Job, workers: int, make: type[Worker] = Worker) -> None:
        from envs.families import family
        from envs.physics import stepper
        from envs.task.privileged import PRIVILEGED_SIZE

        # Workers do not warn of a stepper that has not been built.
        stepper.library()
        if not 0 <= workers <= job.robots:
            raise ValueError(f"workers is {workers}; use 1 to {job.robots}, the number of robots")
        controller = family(job.spec).controller(job.spec)
        self.job = job
        self._make = make
        self.actions = controller.actions
        self.observations = controller.observations
        self.privileged = PRIVILEGED_SIZE
        self.shared = SharedArrays(
            robots=job.robots,
            actions=self.actions,
            observations=self.observations,
            privileged=self.privileged,
        )
        shares = np.array_split(np.arange(job.robots), workers or 1)
        self.processes = [
            (WorkerProcess if workers else InProcessWorker)(make, job, rows.tolist(), self.shared)
            for rows in shares
        ]
        self._losses: list[int] = []

    def ask(self, request: str) -> list[object]:
        """Send `request` to every worker and wait for all of them. Returns their answers."""
        everyone = range(len(self.processes))
        self.send(everyone, request)
        return [self.receive(number) for number in everyone]

    def send(self, numbers: Iterable[int], request: str, *arguments: object) -> None:
        """Call the method `request` of the workers `numbers`."""
        for number in numbers:
            self.processes[number].send(request, *arguments)

    def answered(self, numbers: list[int]) -> list[int]:
        """The workers among `numbers` that can be received from at once; waits a little for one."""
        pipes = {pipe: number for number in numbers if (pipe := self.processes[number].pipe)}
        if not pipes:
            return list(numbers)
        ready = {pipes[pipe] for pipe in wait(pipes, POLL)}  # type: ignore[index]
        return [
            number
            for number in numbers
            if number in ready or self.processes[number].silence() > PATIENCE
        ]

    def receive(self, number: int) -> Any:
        """The answer of worker `number`; None if the worker died, hung or failed.

        Another worker then has its robots, which have started anew.

        Raises:
            WorkerError: too many workers and episodes were lost.
        """
        try:
            return self.processes[number].answer()
        except WorkerError as error:
            self._replace(number, error)
            return None

    def episodes(self, number: int) -> list[FinishedEpisode]:
        """The episodes of worker `number` that ended with its last step, in the robots' order.

        All of its episodes are lost if the worker was.

        Raises:
            WorkerError: too many workers and episodes were lost.
        """
        ended = self.receive(number)
        if ended is None:
            return [FinishedEpisode(robot, None) for robot in self.processes[number].rows]
        self.tell(ended)
        return ended

    def tell(self, ended: list[FinishedEpisode]) -> None:
        """Report why episodes were lost.

        Raises:
            WorkerError: too many workers and episodes were lost.
        """
        for one in ended:
            if one.why:
                self._lose(one.why)

    def _replace(self, number: int, error: WorkerError) -> None:
        while True:
            process = self.processes[number]
            process.kill()
            self._lose(f"worker {number} {error}")
            print(
                f"a new worker takes its robots, {process.rows[0]} to {process.rows[-1]}",
                file=sys.stderr,
                flush=True,
            )
            self.processes[number] = WorkerProcess(
                make=self._make, job=self.job, rows=process.rows, shared=self.shared
            )
            self.processes[number].send("reset")
            try:
                self.processes[number].answer()
                return
            except WorkerError as again:
                error = again

    def _lose(self, why: str) -> None:
        print(why, file=sys.stderr, flush=True)
        now = int(self.shared["beat"].mean())
        self._losses = [*(loss for loss in self._losses if now - loss < ROUNDS), now]
        if len(self._losses) > LOSSES:
            raise WorkerError(
                f"{len(self._losses)} losses within {ROUNDS:,} control steps, the last: "
                f"{why.splitlines()[-1]}; mend that, then continue with --resume"
            )

    def close(self) -> None:
        """End the worker processes."""
        for process in self.processes:
            process.send("close")
        for process in self.processes:
            process.end()


class WorkerProcess:
    """One worker process and the pipe to it.

    Its start is awaited with its first answer, so that workers start side by side.
    """

    def __init__(self, make: type[Worker], job: Job, rows: list[int], shared: SharedArrays) -> None:
        context = mp.get_context("spawn")
        self.rows = rows
        self._ready = False
        self._shared = shared
        self._beat = 0
        self._heard = time.monotonic()
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=work, args=(make, job, rows, shared, theirs), daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        """Process id of the worker."""
        return self._process.pid

    @property
    def pipe(self) -> Connection:
        """The pipe, which can be read when there is an answer."""
        return self._pipe

    def send(self, request: str, *arguments: object) -> None:
        """Send a request. A dead process shows when its answer is awaited."""
        self._heard = time.monotonic()
        try:
            self._pipe.send((request, *arguments))
        except OSError:
            return

    def silence(self) -> float:
        """Time since the worker was asked, or was seen to have made another control step [s]."""
        beat = int(self._shared["beat"][self.rows[0]])
        if beat != self._beat:
            self._beat = beat
            self._heard = time.monotonic()
        return time.monotonic() - self._heard

    def answer(self) -> object:
        """The answer to the request.

        Raises:
            WorkerError: the process died, hung or failed; the message says which, after the
                traceback if there is one.
        """
        if not self._ready:
            self._receive(STARTING)
            self._ready = True
            self._heard = time.monotonic()
        return self._receive(PATIENCE)

    def _receive(self, patience: float) -> object:
        try:
            while not self._pipe.poll(POLL):
                if self.silence() > patience:
                    raise WorkerError(f"has not answered for {patience:.0f} s")
            kind, answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            self._process.join(1.0)
            code = self._process.exitcode
            raise WorkerError(
                f"died (exit code {code})"
                + ("; if memory ran out, use fewer robots" if code == -signal.SIGKILL else "")
            ) from error
        if kind == "error":
            raise WorkerError(f"failed:\n{answer}")
        return answer

    def end(self) -> None:
        """Wait for the process to end as it was told, or kill it."""
        self._process.join(5.0)
        self.kill()

    def kill(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


class InProcessWorker:
    """A worker in the trainer's own process: two switches between processes fewer in every step."""

    pid = None
    pipe = None

    def __init__(self, make: type[Worker], job: Job, rows: list[int], shared: SharedArrays) -> None:
        self.rows = rows
        self._request: tuple[Any, ...] = ()
        with quiet():
            self._worker = make(job, rows, shared)

    def send(self, request: str, *arguments: object) -> None:
        """Take a request."""
        self._request = (request, *arguments)

    def silence(self) -> float:
        """0: this worker is never silent."""
        return 0.0

    def answer(self) -> object:
        """The answer to the request, which runs now."""
        request, *arguments = self._request
        return getattr(self._worker, request)(*arguments)

    def end(self) -> None:
        """Disconnect the physics clients."""
        self._worker.batch.close()

    kill = end
