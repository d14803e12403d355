"""Checkpoints of a training run: written atomically, so that a crash or a full disk leaves the last
one whole.

The name says how old a checkpoint is, and its hash whether it is whole: the newest valid one is
found without a pointer that could itself be lost.

python -m agents.checkpoint digest RUN prints the SHA-256 of the newest weights of the run in folder
RUN.
"""

import hashlib
import io
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
import tyro
from torch.optim import Optimizer

from envs.files import atomic

NAME = "checkpoint-{steps:010d}.pt"
KEEP = 2
"""The newest and the one before it, should the newest be damaged."""
Saved = dict[str, Any]
"""Content of a checkpoint, by name."""
_MAGIC = b"treadwell-checkpoint-1\n"


class CheckpointError(RuntimeError):
    """A checkpoint cannot be written or read; the message names the remedy."""


def save(folder: Path, steps: int, state: Saved) -> Path:
    """Write `state` as the newest checkpoint of the run in `folder` and drop all but the last two.

    Raises:
        CheckpointError: the disk is full or not writable. Earlier checkpoints are untouched.
    """
    path = write(folder / NAME.format(steps=steps), state)
    for old in existing(folder)[:-KEEP]:
        old.unlink(missing_ok=True)
    return path


def write(path: Path, state: Saved) -> Path:
    """Write `state` to `path` with its hash, atomically.

    Raises:
        CheckpointError: the disk is full or not writable. What was at `path` is untouched.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    data = buffer.getvalue()
    try:
        with atomic(path) as partial:
            partial.write_bytes(_MAGIC + hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
    except OSError as error:
        raise CheckpointError(
            f"cannot save {path}: {error.strerror}; free some space and continue with --resume"
        ) from error
    return path


def restore(optimizer: Optimizer, saved: Saved) -> None:
    """Give Adam the moments that were `saved`; its settings stay.

    Raises:
        ValueError: they are not those of its weights.
    """
    state = {
        number: mapping(moments) for number, moments in mapping(mapping(saved)["state"]).items()
    }
    optimizer.load_state_dict(
        {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}
    )
    for weight in optimizer.param_groups[0]["params"]:
        moments = optimizer.state[weight]
        if (
            any(moments[name].shape != weight.shape for name in ("exp_avg", "exp_avg_sq"))
            or moments["step"].numel() != 1
        ):
            raise ValueError("the optimizer's state is of other weights")


def mapping(value: object) -> dict[object, Any]:
    """`value`, which is a dictionary: a tensor would take a name for an index.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, dict):
        raise ValueError(f"there is a {type(value).__name__} instead of a dictionary")
    return value


def existing(folder: Path) -> list[Path]:
    """Checkpoints in `folder`, oldest first, valid or not."""
    return sorted(folder.glob("checkpoint-*.pt"))


def load(path: Path) -> Saved:
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
    if content[:head] != _MAGIC + hashlib.sha256(data).hexdigest().encode() + b"\n":
        raise CheckpointError(
            f"{path} is damaged or is not a checkpoint; use another one, or train again"
        )
    # Weights only: a pickle could run anything, and checkpoints are passed around.
    # What torch raises for a file that someone else made is not documented.
    try:
        state = torch.load(io.BytesIO(data), weights_only=True)
    except Exception as error:
        raise CheckpointError(
            f"{path} holds something else than plain data; it was written by another program or "
            "version: train again"
        ) from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{path} does not hold a policy; use another one, or train again")
    return state


def newest(folder: Path) -> tuple[Path, Saved] | None:
    """The newest valid checkpoint of a run and its state; None if there is none."""
    for path in reversed(existing(folder)):
        try:
            return path, load(path)
        except CheckpointError:
            continue
    return None


def digest(state: Saved) -> str:
    """SHA-256 of a checkpoint's weights: of each, in the order of their names, its name, type,
    shape and bytes.

    Raises:
        CheckpointError: there are no weights in it.
    """
    weights = state.get("policy", state.get("actor"))
    if not isinstance(weights, dict):
        raise CheckpointError("the checkpoint has no weights; use another one, or train again")
    total = hashlib.sha256()
    for name, weight in sorted(weights.items()):
        total.update(f"{name} {weight.dtype} {tuple(weight.shape)}\n".encode())
        total.update(weight.numpy().tobytes())
    return total.hexdigest()


def main(
    command: Annotated[Literal["digest"], tyro.conf.Positional],
    run: Annotated[Path, tyro.conf.Positional],
) -> int:
    """Say what a run's newest checkpoint is. Exit status: 0 done, 1 there is none.

    Args:
        command: digest: the SHA-256 of the weights.
        run: folder of the run.
    """
    try:
        found = newest(run)
        if found is None:
            raise CheckpointError(f"there is no valid checkpoint in {run}; train there first")
        print(digest(found[1]))
    except CheckpointError as error:
        print(f"checkpoint: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
