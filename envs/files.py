"""Atomic writes: a file is written whole or not at all, and survives a loss of power."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, with the same suffix, for the block to write to.

    The temporary file replaces `path` when the block succeeds, and is deleted when it fails.

    Raises:
        OSError: the disk is full or not writable; what was at `path` is untouched.
    """
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        yield partial
        _flush(partial)
        partial.replace(path)
        # The new name is stored in the folder, which is flushed by itself.
        _flush(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Flush a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
