"""What happened, one JSON object a line: "t" is the machine's monotonic clock [s], which all
processes of the machine share, "event" says what.
"""

import json
import time
from pathlib import Path
from typing import Any, TextIO

Event = dict[str, Any]
"""A line of the journal: "event", "time" [s] and what belongs to it."""


class Journal:
    """Writes to `file`, each line at once."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._noted: set[str] = set()

    def note(self, event: str, t: float | None = None, **what: object) -> None:
        """Note an event, now or at `t`."""
        self._file.write(
            json.dumps({"t": time.monotonic() if t is None else t, "event": event, **what}) + "\n"
        )
        self._file.flush()

    def note_once(self, event: str) -> None:
        """Note an event the first time that it happens."""
        if event not in self._noted:
            self._noted.add(event)
            self.note(event)


class Reader:
    """Reads a journal while it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end = 0
        self._events: list[dict[str, object]] = []

    def events(self) -> list[Event]:
        """What is in it by now; a line that is being written is left for later."""
        with self._path.open("rb") as file:
            file.seek(self._end)
            for line in iter(file.readline, b""):
                if line.endswith(b"\n"):
                    self._events.append(json.loads(line))
                    self._end += len(line)
        return self._events
