"""Orders to a simulated robot, one JSON object a line on its standard input: what an operator or a
test does at its remote control, and to the robot.

{"buttons": ["start"], "forward": 0.5, "turn": 0.0}: the remote control, until the next such line.
{"push": [0.5, 0.0, 0.0]}: a change of the base's velocity in the world [m/s].
{"quit": true}: the end.
"""

import json
import math
import os
import queue
import stat
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deploy.runtime.link import BUTTONS, Remote

Rules = Mapping[str, Callable[[Any], bool]]
"""Orders by name, and whether a value is one that they can have."""
REMOTE = Remote._fields[:3]
"""Orders of the remote control."""


def is_number(value: object) -> bool:
    """Whether `value` is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


RULES: Rules = {
    "buttons": lambda value: isinstance(value, list) and set(value) <= set(BUTTONS),
    "forward": lambda value: is_number(value) and -1 <= value <= 1,
    "turn": lambda value: is_number(value) and -1 <= value <= 1,
    "push": lambda value: (
        isinstance(value, list) and len(value) == 3 and all(map(is_number, value))
    ),
    "quit": lambda value: value is True,
}
"""Orders that every simulated robot follows."""


def parse(line: str, rules: Rules = RULES) -> dict[str, object]:
    """The order in a line, by `rules`.

    Raises:
        ValueError: it is not one; the message says what is wrong.
    """
    order = json.loads(line)
    if not isinstance(order, dict) or not order:
        raise ValueError(f"{line.strip()!r} is not an order; use one of {', '.join(rules)}")
    for name, value in order.items():
        if name not in rules:
            raise ValueError(f"there is no order {name!r}; use {', '.join(rules)}")
        if not rules[name](value):
            raise ValueError(f"{name} cannot be {value!r}")
    return order


def text(order: dict[str, object]) -> str:
    """The line that `parse` reads."""
    return json.dumps(order) + "\n"


class Orders:
    """Lines from standard input, as they come. A pipe that closes means quit: who started the robot
    is gone.
    """

    def __init__(self) -> None:
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in sys.stdin:
            self._lines.put(line)
        if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
            self._lines.put('{"quit": true}')

    def come(self) -> Iterator[str]:
        """Lines that have come since the last call."""
        while not self._lines.empty():
            yield self._lines.get()
