"""Work that is split over processes; results are yielded as they come."""

import multiprocessing as mp
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from envs.workers.worker import WorkerError

Share = TypeVar("Share")
Item = TypeVar("Item")


def gather(work: Callable[[Share], Iterable[Item]], shares: Sequence[Share]) -> Iterator[Item]:
    """Run `work` on each share in a process of its own and yield what they yield, in order of
    arrival.

    Raises:
        WorkerError: a process died or failed. All processes have ended when this generator has.
    """
    context = mp.get_context("spawn")
    running: dict[Connection, BaseProcess] = {}
    try:
        for share in shares:
            ours, theirs = context.Pipe(duplex=False)
            process: BaseProcess = context.Process(
                target=_work, args=(work, share, theirs), daemon=True
            )
            process.start()
            theirs.close()
            running[ours] = process
        while running:
            ready = wait(list(running))
            for pipe in [pipe for pipe in running if pipe in ready]:
                yield from _receive(pipe, running)
    finally:
        for process in running.values():
            process.kill()
            process.join()


def _receive(pipe: Connection, running: dict[Connection, BaseProcess]) -> Iterator[Any]:
    try:
        kind, value = pipe.recv()
    except EOFError:
        running[pipe].join()
        raise WorkerError(
            f"a worker process died (exit status {running[pipe].exitcode}); if memory ran out, "
            "use fewer workers"
        ) from None
    if kind == "error":
        raise WorkerError(f"a worker process failed:\n{value}")
    if kind == "end":
        running.pop(pipe).join()
    else:
        yield value


def _work(work: Callable[[Share], Iterable[Item]], share: Share, pipe: Connection) -> None:
    # Ctrl-C is the caller's to handle: it ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for item in work(share):
            pipe.send(("item", item))
        pipe.send(("end", None))
    except Exception:
        pipe.send(("error", traceback.format_exc()))
