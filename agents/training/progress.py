"""Progress of a training run: a bar in a terminal, a line a minute in a log."""

import sys
import time
from collections.abc import Mapping, Sequence

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

Recent = Mapping[tuple[str, int], Sequence[bool]]
LINE_SECONDS = 60.0


class Progress:
    """Shows steps, time left, mean riser of the curriculum and success by riser. `total` is the
    number of steps of the whole run.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._before: tuple[int, float] | None = None
        self._printed = 0.0
        self._bar: Bar | None = None
        if sys.stderr.isatty():
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self._bar = Bar(*columns, console=Console(stderr=True))
            self._task = self._bar.add_task("training", total=total)
            self._bar.start()

    def update(self, steps: int, minutes: float, risers: Sequence[float], recent: Recent) -> None:
        """Show `steps` done in `minutes`, mean risers [m] up and down, and what came of the last
        episodes.
        """
        text = f"riser up {100 * risers[0]:.1f} down {100 * risers[1]:.1f} cm | {_success(recent)}"
        if self._bar is not None:
            self._bar.update(self._task, completed=steps, description=text)
        elif time.monotonic() - self._printed > LINE_SECONDS:
            self._printed = time.monotonic()
            before = self._before or (steps, minutes)
            rate = (steps - before[0]) / max(60 * (minutes - before[1]), 1e-9)
            self._before = (steps, minutes)
            left = f"{(self._total - steps) / rate / 60:.0f} min left, " if rate > 0 else ""
            print(
                f"{steps:,} of {self._total:,} steps, {minutes:.1f} min, {left}{rate:.0f} steps/s "
                f"| {text}",
                flush=True,
            )

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()


def _success(recent: Recent) -> str:
    """Success rates of the last episodes at the highest risers of each direction, as text."""
    parts = []
    for direction in ("up", "down"):
        risers = sorted(
            riser for way, riser in recent if way == direction and len(recent[way, riser]) >= 10
        )[-3:]
        parts += [
            f"{direction} {riser} cm {100 * np.mean(recent[direction, riser]):.0f}%"
            for riser in risers
        ]
    return ", ".join(parts)
