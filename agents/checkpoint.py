"""Checkpoints of a training run: written beside, flushed, then renamed, so that a crash or a full disk leaves the last one whole."""

import hashlib
import io
import os
import pickle
from pathlib import Path
from typing import Any

import torch

NAME = "checkpoint-{steps:010d}.pt"
KEEP = 2
"""The newest and the one before it, should the newest be damaged."""
_MAGIC = b"treadwell-checkpoint-1\n"


class CheckpointError(RuntimeError):
    """A checkpoint cannot be written or read; the message names the remedy."""


def save(folder: Path, steps: int, state: dict[str, Any]) -> Path:
    """Write `state` as the newest checkpoint of the run in `folder` and drop all but the last two.

    Raises:
        CheckpointError: the disk is full or not writable. Earlier checkpoints are untouched.
    """
    path = write(folder / NAME.format(steps=steps), state)
    for old in existing(folder)[:-KEEP]:
        old.unlink(missing_ok=True)
    return path


def write(path: Path, state: dict[str, Any]) -> Path:
    """Write `state` to `path` with its hash: beside it first, then renamed.

    Raises:
        CheckpointError: the disk is full or not writable. What was at `path` is untouched.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    data = buffer.getvalue()
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            file.write(_MAGIC + hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise CheckpointError(f"cannot save {path}: {error.strerror}; free some space and continue with --resume") from error
    return path


def existing(folder: Path) -> list[Path]:
    """Checkpoints in `folder`, oldest first, valid or not."""
    return sorted(folder.glob("checkpoint-*.pt"))


def load(path: Path) -> dict[str, Any]:
    """The state in the checkpoint at `path`.

    Raises:
        CheckpointError: it is missing, damaged or not a checkpoint.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror}") from error
    head = len(_MAGIC) + 65
    data = content[head:]
    if not content.startswith(_MAGIC) or hashlib.sha256(data).hexdigest().encode() != content[len(_MAGIC) : head - 1]:
        raise CheckpointError(f"{path} is damaged or is not a checkpoint; use another one, or train again")
    # Weights only: a pickle could run anything, and checkpoints are passed around.
    try:
        return torch.load(io.BytesIO(data), weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(f"{path} holds more than plain data; it was written by another version: train again") from error


def newest(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """The newest valid checkpoint of a run and its state; None if there is none."""
    for path in reversed(existing(folder)):
        try:
            return path, load(path)
        except CheckpointError:
            continue
    return None
