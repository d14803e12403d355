"""Atomic writes: files appear whole or not at all, and outlast a loss of power."""

from __future__ import annotations

import os
from pathlib import Path

from deploy.runtime.errors import DeployError


def check(path: Path) -> None:
    """See that `path` can become a new file.

    Raises:
        DeployError: it exists, or its folder does not.
    """
    if path.exists():
        raise DeployError(f"{path} exists; remove it or choose another name")
    if not path.parent.is_dir():
        raise DeployError(f"there is no folder {path.parent}; make it first")


def write(path: Path, data: bytes, mode: int = 0o644) -> Path:
    """Write a new file with the permissions `mode`, atomically. Returns `path`.

    Raises:
        DeployError: it exists, its folder does not, or it cannot be written.
    """
    check(path)
    try:
        replace(path, data, mode)
    except OSError as error:
        raise DeployError(f"cannot write {path}: {error.strerror}") from error
    return path


def replace(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write the file `path` atomically: whoever looks, also after a loss of power, sees the old one
    or the new one.

    Raises:
        OSError: it cannot be written; the old one is there.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(folder: Path) -> None:
    """Make the names in `folder` survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path, most: int) -> bytes:
    """The content of the file `path`, at most `most` bytes.

    Raises:
        DeployError: it cannot be read, or it is larger.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise DeployError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > most:
        raise DeployError(f"{path} is larger than {most} bytes; it is not what it should be")
    return data
