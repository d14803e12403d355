"""Memory that Bullet has filled with zeros and never uses, given back to the operating system: more
than half of what a physics client takes.

A client has buffers of many megabytes for meshes and pictures. Pages of zeros that are given back
are zeros when they are read again, so nothing notices. It is for a process of its own in which no
other thread is at work, and does nothing where `envs.physics.stepper` has not been built or there
is no Linux.
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
    """Give back the zeros in memory that is taken meanwhile."""
    before = _mapped()
    yield
    library = stepper.library()
    if library is None or sys.platform != "linux" or mmap.PAGESIZE != 4096:
        return
    fresh = np.array(_without(_mapped(), before), dtype=np.uintp).reshape(-1, 2)
    library.give_back_zeros(fresh.ctypes.data_as(ctypes.c_void_p), len(fresh))


def _mapped() -> list[Span]:
    """Private memory of this process that is no file's, by address."""
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
    """What of `spans` is in none of `others`; both sorted, without overlaps."""
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
