"""What a person or a test tells the fake robot, one JSON object a line: its remote control,
mischief, a shove.

{"buttons": ["start"], "forward": 0.5, "turn": 0.0}    the remote control, until the next such line
{"drop": 0.1, "freeze": true}                          mischief, see
`deploy.fake_go2.mischief.Mischief` {"push": [0.5, 0.0, 0.0]}                              change of
the base's velocity in the world [m/s] {"restart": 2.0}
switched off for 2 s, then its motion service is active again {"quit": true}
"""

import json
import math
import os
import queue
import stat
import sys
import threading
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from deploy.fake_go2.mischief import Mischief
from deploy.runtime.link import Remote
from deploy.runtime.links.go2_remote import BITS

_SHARES = ("drop", "corrupt", "nan")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_VALID = {
    "buttons": lambda value: isinstance(value, list) and set(value) <= set(BITS) - {""},
    "forward": lambda value: _is_number(value) and -1 <= value <= 1,
    "turn": lambda value: _is_number(value) and -1 <= value <= 1,
    "push": lambda value: (
        isinstance(value, list) and len(value) == 3 and all(map(_is_number, value))
    ),
    "restart": lambda value: _is_number(value) and value >= 0,
    "quit": lambda value: value is True,
    "delay": lambda value: _is_number(value) and value >= 0,
    "freeze": lambda value: isinstance(value, bool),
    "map": lambda value: isinstance(value, bool),
    **{name: lambda value: _is_number(value) and 0 <= value <= 1 for name in _SHARES},
}
REMOTE = Remote._fields[:3]
MISCHIEF = tuple(field.name for field in fields(Mischief))


def parse(line: str) -> dict[str, Any]:
    """The order in a line.

    Raises:
        ValueError: it is not one; the message says what is wrong.
    """
    order = json.loads(line)
    if not isinstance(order, dict) or not order:
        raise ValueError(f"{line.strip()!r} is not an order; use one of {', '.join(_VALID)}")
    for name, value in order.items():
        if name not in _VALID:
            raise ValueError(f"there is no order {name!r}; use {', '.join(_VALID)}")
        if not _VALID[name](value):
            raise ValueError(f"{name} cannot be {value!r}")
    return order


def text(order: dict[str, Any]) -> str:
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
        """What has come since."""
        while not self._lines.empty():
            yield self._lines.get()
