"""A bundle comes in over standard input."""

from __future__ import annotations

import os
from typing import BinaryIO

from deploy.runtime import disk
from deploy.runtime.bundle.archive import LARGEST
from deploy.runtime.errors import RefusedError
from deploy.runtime.target.layout import Layout

BLOCK = 1 << 16
"""Bytes that are read at once."""


def receive(layout: Layout, digest: str, offset: int, source: BinaryIO) -> int:
    """Write what `source` has from `offset` on; the size that is here then. What is torn off stays,
    for the next flash to go on with.

    Raises:
        RefusedError: it is larger than any bundle.
    """
    handle = os.open(layout.partial(digest), os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.ftruncate(handle, offset)
        os.lseek(handle, offset, os.SEEK_SET)
        # Unbuffered: a process that is killed here has still written what it read.
        for block in iter(lambda: os.read(source.fileno(), BLOCK), b""):
            offset += len(block)
            if offset > LARGEST:
                raise RefusedError(f"a bundle has at most {LARGEST} bytes")
            while block:
                block = block[os.write(handle, block) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    disk.sync(layout.releases)
    return offset
