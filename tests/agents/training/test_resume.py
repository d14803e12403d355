"""A training run that is killed at any moment and resumed gives the weights, bit for bit, of one
that never was.
"""

import contextlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agents import checkpoint
from tests import ROOT

ITERATION = 4 * 64
ITERATIONS = 6
SETTINGS = (
    "--robots 4 --workers 2 --ppo.rollout 64 --ppo.minibatch 64 --ppo.epochs 1 --save-iterations 2"
)


def live(folder: Path, until: Callable[[], bool] = lambda: False) -> int:
    """Begin the run in `folder`, or go on with it, and kill it when `until` says so. Returns the
    exit status.
    """
    arguments = f"--run {folder} --steps {ITERATIONS * ITERATION} {SETTINGS} --resume".split()
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "train.py", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        if until():
            process.kill()
        time.sleep(0.001)
    return process.wait()


def weights(folder: Path) -> str:
    found = checkpoint.newest(folder)
    assert found is not None
    assert found[1]["steps"] == ITERATIONS * ITERATION
    return checkpoint.digest(found[1])


def logged(folder: Path, rows: int) -> Callable[[], bool]:
    """Whether the run has logged `rows` iterations more than now, in whichever of its files."""

    def count() -> int:
        return sum(
            max(path.read_bytes().count(b"\n") - 1, 0)
            for path in (folder / "tensorboard").glob("progress*.csv")
        )

    before = count()
    return lambda: count() >= before + rows


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Digest of the weights of a run that nothing befell."""
    folder = tmp_path_factory.mktemp("uninterrupted") / "run"
    assert live(folder) == 0
    return weights(folder)


def test_three_kills_change_nothing(uninterrupted: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    # Before the first checkpoint, beyond it, and beyond the second.
    for rows in (1, 3, 3):
        assert live(run, logged(run, rows)) == -signal.SIGKILL
    assert live(run) == 0
    assert weights(run) == uninterrupted


@pytest.mark.parametrize(
    "wanted",
    [pytest.param(20, marks=pytest.mark.long), pytest.param(200, marks=pytest.mark.hours)],
)
def test_kills_at_random_lose_no_checkpoint_and_change_nothing(
    uninterrupted: str, tmp_path: Path, wanted: int
) -> None:
    rng = random.Random(0)
    kills = 0
    torn = 0
    runs = 0
    while kills < wanted:
        run = tmp_path / f"run-{runs}"
        runs += 1
        status = -signal.SIGKILL
        while status:
            before = checkpoint.newest(run)
            begun = partial(run)
            status = live(run, _blow(rng, run) if kills < wanted else lambda: False)
            kills += status == -signal.SIGKILL
            torn += len(partial(run) - begun)
            assert status in (0, -signal.SIGKILL)
            for path in checkpoint.existing(run):
                checkpoint.load(path)
            after = checkpoint.newest(run)
            assert before is None or (after is not None and after[1]["steps"] >= before[1]["steps"])
        assert weights(run) == uninterrupted
        print(
            f"{kills} kills in {runs} runs, {torn} of them while a checkpoint was being written",
            flush=True,
        )
    assert torn > 0


def partial(run: Path) -> set[tuple[Path, int]]:
    """Checkpoints that are being written, or were when their process was killed."""
    found = set()
    for path in run.glob(".*.partial.*"):
        with contextlib.suppress(FileNotFoundError):
            found.add((path, path.stat().st_mtime_ns))
    return found


def _blow(rng: random.Random, run: Path) -> Callable[[], bool]:
    """When to kill a run: anywhere, also while processes start; soon after an iteration; or while
    it writes a checkpoint.
    """
    kind = rng.randrange(3)
    if kind == 0:
        return _later(lambda: True, rng.uniform(0.0, 8.0))
    if kind == 1:
        return _later(logged(run, rng.randrange(1, 4)), rng.uniform(0.0, 0.5))
    begun = partial(run)
    return _later(lambda: partial(run) - begun != set(), rng.uniform(0.0, 0.002))


def _later(condition: Callable[[], bool], seconds: float) -> Callable[[], bool]:
    """Whether `condition` has held, and then so many seconds have passed."""
    since: list[float] = []

    def reached() -> bool:
        if not since and condition():
            since.append(time.monotonic())
        return bool(since) and time.monotonic() - since[0] > seconds

    return reached
