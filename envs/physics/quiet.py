"""Silence for C libraries: Bullet prints its build time when it is imported.

This file imports nothing of Bullet, so that it can be used before Bullet is imported.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what C code writes to standard output and standard error in the block.

    Python's exceptions pass.
    """
    kept = {stream: os.dup(stream) for stream in (1, 2)}
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in kept:
        os.dup2(null, stream)
    os.close(null)
    try:
        yield
    finally:
        for stream, copy in kept.items():
            os.dup2(copy, stream)
            os.close(copy)
