"""The loop's progress in memory that it shares with its deadman: a file that both map."""

from __future__ import annotations

import ctypes
import mmap
from pathlib import Path


class Heartbeat(ctypes.Structure):
    """Each number is written by one of the two; aligned words of eight bytes are written whole.
    Times are of the machine's monotonic clock [s].
    """

    loop_seen: float
    """Time at which the loop last sent a command [s]; 0 before the first."""
    deadman_seen: float
    """Time at which the deadman last looked [s]; 0 before it is ready."""
    interruptions: int
    """Number of times that the deadman has taken over."""
    noticed: int
    """Number of interruptions that the loop has noticed, and damped the robot."""
    finished: int
    """1 when the loop has ended in order."""
    _fields_ = [
        ("loop_seen", ctypes.c_double),
        ("deadman_seen", ctypes.c_double),
        ("interruptions", ctypes.c_uint64),
        ("noticed", ctypes.c_uint64),
        ("finished", ctypes.c_uint64),
    ]

    def is_interrupted(self) -> bool:
        """Whether the deadman has taken over and the loop has not noticed yet."""
        return self.interruptions != self.noticed

    def is_late(self, now: float, limit: float) -> bool:
        """Whether a loop that has begun has not come round for `limit` [s], or has not noticed yet
        that it was interrupted.
        """
        return self.loop_seen > 0 and (now - self.loop_seen > limit or self.is_interrupted())


SIZE = ctypes.sizeof(Heartbeat)
"""Size of the shared memory [bytes]."""


def shared(path: Path) -> Heartbeat:
    """The numbers in the file `path`, which has `SIZE` bytes; zeros to begin with."""
    with path.open("r+b") as file:
        return Heartbeat.from_buffer(mmap.mmap(file.fileno(), SIZE))
