"""Say on standard error which step of something long is being done: a bar on a terminal, plain
lines elsewhere.
"""

from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn


class StepProgress:
    """A bar over named steps; use as a context."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._now = ""
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        columns = (TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        )
        self._task = self._bar.add_task("", total=float(len(names)))

    def __enter__(self) -> "StepProgress":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._finish(kind is None or self._now not in self._names)
        self._bar.stop()

    def begin(self, name: str, detail: str = "") -> None:
        """The step `name` begins, and those before are done; with a `detail`, what came of it. A
        step that was not planned undoes the one before, which failed.
        """
        if name != self._now:
            planned = name in self._names
            self._finish(planned)
            self._now = name
            self._bar.update(
                self._task, description=name, completed=self._names.index(name) if planned else None
            )
        if detail:
            self._console.print(f"      {detail}", markup=False)

    def part(self, share: float) -> None:
        """Show the share of the present step that is done, 0..1."""
        self._bar.update(self._task, completed=self._names.index(self._now) + share)

    def _finish(self, well: bool) -> None:
        if self._now:
            self._console.print(f"{'ok' if well else 'FAIL':4}  {self._now}", markup=False)
        self._now = ""
