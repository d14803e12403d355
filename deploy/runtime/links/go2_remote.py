"""The Go2's remote control: 40 bytes of a state message.

Source: Unitree's description of its remote control data: two bytes of buttons after the head, then
sticks as floats: left x, right x, right y, (unused), left y.
"""

from __future__ import annotations

import math
import struct

from deploy.runtime.link import Remote

SIZE = 40
"""Size of the data [bytes]."""
BITS = (
    "R1",
    "L1",
    "start",
    "select",
    "R2",
    "L2",
    "",
    "",
    "A",
    "B",
    "X",
    "Y",
    "up",
    "right",
    "down",
    "left",
)
"""Buttons from the lowest bit; nameless ones are not on every remote control."""
_FORM = struct.Struct("<2xH3f4xf16x")


def decode(data: bytes) -> Remote:
    """What the operator presses. A stick that is not a number counts as let go."""
    pressed, _, turn, _, forward = _FORM.unpack(data)
    return Remote(
        frozenset(name for bit, name in enumerate(BITS) if name and pressed >> bit & 1),
        _stick(forward),
        _stick(-turn),
    )


def encode(remote: Remote) -> bytes:
    """The 40 bytes: forward on the left stick, turn on the right one."""
    pressed = sum(1 << BITS.index(name) for name in remote.buttons)
    return _FORM.pack(pressed, 0.0, -remote.turn, 0.0, remote.forward)


def _stick(value: float) -> float:
    return max(-1.0, min(1.0, value)) if math.isfinite(value) else 0.0
