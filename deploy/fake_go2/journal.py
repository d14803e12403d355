"""What happened, one JSON object a line: "t" is the machine's monotonic clock [s], which all processes of the machine share, "event" says what."""

import json
import time
from typing import Any, TextIO


class Journal:
    """Writes to `file`, each line at once."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def note(self, event: str, t: float | None = None, **what: Any) -> None:
        """Note an event, now or at `t`."""
        self._file.write(json.dumps({"t": time.monotonic() if t is None else t, "event": event, **what}) + "\n")
        self._file.flush()
