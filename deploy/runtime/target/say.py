"""Telling the other side what is being done."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol


class Say(Protocol):
    """Told the name of each step as it begins, and what came of it. Raises BrokenPipeError when
    nobody listens any more.
    """

    def __call__(self, step: str, detail: str = "") -> None:
        """Tell."""


def deaf(say: Say) -> Say:
    """`say` that goes on when nobody listens."""

    def told(step: str, detail: str = "") -> None:
        with suppress(BrokenPipeError):
            say(step, detail)

    return told
