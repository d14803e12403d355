"""The checksum of the Go2's messages: CRC-32/MPEG-2 over the 32-bit words of the C struct, each
with its high byte first.

Polynomial 0x04C11DB7, start 0xFFFFFFFF, no reflection, no final exclusive or; the last word is the
checksum itself and left out. The struct's padding counts, and is zero: sign what `Layout.new` made,
not a copy of it, for numpy does not copy padding. Source: Unitree SDK. zlib knows the reflected
form of the same polynomial, with a final exclusive or: bits are turned around before, and back
after.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc(record: np.ndarray[Any, Any]) -> int:
    """The checksum of a message, whatever its field `crc` holds."""
    words = np.frombuffer(record.tobytes(), "<u4")[:-1].byteswap()
    reflected = zlib.crc32(words.tobytes().translate(_REVERSED)) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)


def sign(record: np.ndarray[Any, Any]) -> None:
    """Write a message's checksum into it."""
    record["crc"] = crc(record)


def is_sound(record: np.ndarray[Any, Any]) -> bool:
    """Whether a message has the checksum that it should have."""
    return int(record["crc"]) == crc(record)
