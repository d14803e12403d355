"""A message of fixed size as numpy sees it: the C struct of the robot's firmware, and the bytes
that go over the bus.

The two differ in padding alone: a C compiler aligns structs, CDR aligns numbers. Values are
therefore moved byte by byte through one index.

The checksum is CRC-32/MPEG-2 over the 32-bit words of the C struct, each with its high byte first:
polynomial 0x04C11DB7, start 0xFFFFFFFF, no reflection, no final exclusive or; the last word is the
checksum itself and left out. The struct's padding counts, and is zero: sign what
`MessageLayout.new` made, not a copy of it, for numpy does not copy padding. Source: Unitree SDK.
zlib knows the reflected form of the same polynomial, with a final exclusive or: bits are turned
around before, and back after.
"""

from __future__ import annotations

import zlib
from typing import Any, Iterator

import numpy as np

from deploy.runtime.links.go2_messages import Struct

HEADER = b"\x00\x01\x00\x00"
"""Head of a CDR message: little endian, no options."""
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def c_struct(struct: Struct) -> np.dtype[Any]:
    """The C struct, padded as a compiler does; sequences and strings have none."""
    rows: list[Any] = []
    for name, kind, length in struct.fields:
        inner = c_struct(kind) if isinstance(kind, Struct) else np.dtype("<" + kind)
        rows.append((name, inner, (length,)) if length > 1 else (name, inner))
    return np.dtype(rows, align=True)


def _numbers(kind: np.dtype[Any], start: int = 0) -> Iterator[tuple[int, int]]:
    """Offset and size [bytes] of each number in a C struct, in order."""
    if kind.subdtype is not None:
        inner, shape = kind.subdtype
        for k in range(shape[0]):
            yield from _numbers(inner, start + k * inner.itemsize)
    elif kind.fields is not None:
        for name in kind.names or ():
            part, offset = kind.fields[name][:2]
            yield from _numbers(part, start + offset)
    else:
        yield start, kind.itemsize


class MessageLayout:
    """The two forms of one message."""

    def __init__(self, struct: Struct) -> None:
        self.dtype = c_struct(struct)
        inside: list[int] = []
        outside: list[int] = []
        end = 0
        for offset, size in _numbers(self.dtype):
            end += -end % size
            inside += range(offset, offset + size)
            outside += range(end, end + size)
            end += size
        self._inside = np.array(inside)
        self._outside = np.array(outside)
        self._size = end

    def new(self) -> np.ndarray[Any, Any]:
        """A message of zeros, shape ()."""
        return np.zeros((), self.dtype)

    def to_wire(self, record: np.ndarray[Any, Any]) -> bytes:
        """The message as it goes over the bus."""
        body = np.zeros(self._size, np.uint8)
        body[self._outside] = np.frombuffer(record.tobytes(), np.uint8)[self._inside]
        return HEADER + body.tobytes()

    def from_wire(self, data: bytes) -> np.ndarray[Any, Any]:
        """The message that `data` is, shape ().

        Raises:
            ValueError: it is not in this form, or not of this size.
        """
        if data[:2] != HEADER[:2] or len(data) != len(HEADER) + self._size:
            raise ValueError(
                f"{len(data)} bytes beginning with {data[:2].hex()}; {len(HEADER) + self._size} "
                f"beginning with {HEADER[:2].hex()} were expected"
            )
        record = np.zeros(self.dtype.itemsize, np.uint8)
        record[self._inside] = np.frombuffer(data, np.uint8, offset=len(HEADER))[self._outside]
        return record.view(self.dtype).reshape(())


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
