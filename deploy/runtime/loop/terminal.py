"""Keys of an interactive terminal. Without one there are none: a pipe, a file or nothing at all is
nobody who could agree to anything.
"""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from types import TracebackType
from typing import Any


class Terminal:
    """A context in which keys come at once and unseen; the terminal is as before afterwards."""

    def __init__(self) -> None:
        self._is_one = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
        self._before: list[Any] = []

    def __enter__(self) -> Terminal:
        if self._is_one:
            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
            # Typed before it was asked for is not consent.
            termios.tcflush(sys.stdin, termios.TCIFLUSH)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_one:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def keys(self) -> str:
        """What was typed since the last call."""
        if not self._is_one or not select.select([sys.stdin], [], [], 0)[0]:
            return ""
        return os.read(sys.stdin.fileno(), 64).decode("ascii", "ignore")
