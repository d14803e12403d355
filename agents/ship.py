"""Make a run's policy a shipped one: python -m agents.ship runs/go2 go2. Only what acting needs is kept, so that the file stays small."""

import sys
from pathlib import Path
from typing import Annotated

import tyro

from agents import checkpoint, policies


def ship(run: Path, name: str) -> Path:
    """Write the newest checkpoint of the run in folder `run`, reduced to its actor, as the shipped policy `name`.

    Raises:
        CheckpointError: there is no valid checkpoint, or the file cannot be written.
    """
    found = checkpoint.newest(run)
    if found is None:
        raise checkpoint.CheckpointError(f"there is no valid checkpoint in {run}; train there first")
    folder = policies.PRETRAINED / name
    folder.mkdir(parents=True, exist_ok=True)
    return checkpoint.write(folder / "policy.pt", policies.slim(found[1]))


def main(run: Annotated[Path, tyro.conf.Positional], name: Annotated[str, tyro.conf.Positional]) -> int:
    """Ship the policy of a run.

    Args:
        run: folder of the run.
        name: what to call the policy; `evaluate.py --policy NAME` finds it.
    """
    try:
        path = ship(run, name)
    except checkpoint.CheckpointError as error:
        print(f"ship: {error}", file=sys.stderr)
        return 1
    print(f"wrote {path} ({path.stat().st_size / 1e6:.2f} MB); write its model card beside it")
    return 0


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
