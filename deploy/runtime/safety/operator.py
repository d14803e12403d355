"""What the operator wants, by buttons and sticks of the remote control and keys of a terminal.

    remote        key      event
    start         r        arm
    A             a        go: stand up, walk, walk again
    B             b        hold: stop and stand
    X             x        sit: sit down; of an armed robot: disarm
    L2 and B      space    emergency stop, for good

A press is a button that was seen up before: one that is held down when the program starts arms
nothing. The emergency stop counts whenever it is seen.
"""

from __future__ import annotations

from typing import NamedTuple

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.link import Remote

BUTTONS = {"start": "arm", "A": "go", "B": "hold", "X": "sit"}
"""Events of buttons."""
KEYS = {"r": "arm", "a": "go", "b": "hold", "x": "sit", " ": "stop"}
"""Events of keys."""
STOP = frozenset({"L2", "B"})
"""Buttons of the emergency stop."""
DEAD_ZONE = 0.08
"""Deflection of a stick up to which it counts as let go: sticks never quite return to zero."""


class Wish(NamedTuple):
    """What the operator wants in this tick."""

    events: frozenset[str]
    """Events of `machine.EVENTS`."""
    command: tuple[float, float]
    """Forward speed [m/s], never negative: no policy walks backwards; yaw rate [rad/s]."""


class OperatorInput:
    """Remembers which buttons were down.

    Args:
        about: the robot's manifest, for how fast its sticks may ask it to go.
        speed: forward speed that replaces the sticks [m/s], for rehearsals.
    """

    def __init__(self, about: Manifest, speed: float | None = None) -> None:
        self._limits = about.max_speed, about.max_yaw_rate
        self._speed = speed
        self._down: frozenset[str] | None = None

    def wish(self, remote: Remote | None, keys: str) -> Wish:
        """What is wanted, by the remote control if there is one and by the `keys` that were typed
        since the last tick.
        """
        events = {KEYS[key] for key in keys if key in KEYS}
        if remote is None:
            return Wish(frozenset(events), (self._speed or 0.0, 0.0))
        down = remote.buttons
        if down >= STOP:
            events.add("stop")
        elif self._down is not None:
            events |= {BUTTONS[button] for button in down - self._down if button in BUTTONS}
        self._down = down
        max_speed, max_yaw_rate = self._limits
        forward = max(0.0, _pushed(remote.forward)) * max_speed
        command = (
            forward if self._speed is None else self._speed,
            _pushed(remote.turn) * max_yaw_rate,
        )
        return Wish(frozenset(events), command)


def _pushed(stick: float) -> float:
    """-1..1; zero for whatever is not a number."""
    return min(1.0, max(-1.0, stick)) if abs(stick) > DEAD_ZONE else 0.0
