"""Memory that Bullet fills with zeros and never uses goes back to the operating system.

It is more than half of what a physics client takes: a client has buffers of many megabytes for
meshes and pictures. Pages of zeros that are released read as zeros again, so nothing changes. This
is for a process of its own in which no other thread works. It does nothing where
`envs.physics.stepper` has not been built, or outside Linux.
"""

import ctypes
import mmap
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from envs.physics import stepper

Span = tuple[int, int]
"""First address, and the one after the last."""


@contextmanager
def release_zero_pages() -> Iterator[None]:
    """Release the pages of zeros among the memory that the block takes."""
    before = _mapped()
    yield
    library = stepper.library()
    if library is None or sys.platform != "linux" or mmap.PAGESIZE != 4096:
        return
    fresh = np.array(_without(_mapped(), before), dtype=np.uintp).reshape(-1, 2)
    library.give_back_zeros(fresh.ctypes.data_as(ctypes.c_void_p), len(fresh))


def _mapped() -> list[Span]:
    """Private memory of this process that belongs to no file, sorted by address."""
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return []
    lines = [line.split() for line in maps.read_text().splitlines()]
    found = [
        line[0].split("-")
        for line in lines
        if line[1] == "rw-p" and line[4] == "0" and line[5:] in ([], ["[heap]"])
    ]
    return [(int(start, 16), int(end, 16)) for start, end in found]


def _without(spans: list[Span], others: list[Span]) -> list[Span]:
    """The parts of `spans` that are in none of `others`; both sorted, without overlaps."""
    left = []
    for start, end in spans:
        for other_start, other_end in others:
            if start < other_end and other_start < end:
                if start < other_start:
                    left.append((start, other_start))
                start = other_end
        if start < end:
            left.append((start, end))
    return left
