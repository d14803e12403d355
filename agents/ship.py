"""Make a run's policy a shipped one: python -m agents.ship runs/go2 go2. Only what acting needs is
kept, and of the log what its curve is drawn from, so that the files stay small.
"""

import csv
import sys
from itertools import chain
from pathlib import Path
from typing import Annotated

import tyro

from agents import checkpoint, curve, policies
from agents.outputs import whole

ROWS = 400
"""Rows of the log that are kept, approximately."""
RISERS = (*chain.from_iterable(curve.RISERS), 25)
COLUMNS = (
    *("time/total_timesteps", "time/minutes", "curriculum/riser_up", "curriculum/riser_down"),
    *(f"success_{way}/{riser}cm" for way in ("up", "down") for riser in RISERS),
)


def ship(run: Path, name: str) -> Path:
    """Write the newest checkpoint of the run in folder `run`, reduced to its actor, as the shipped
    policy `name`, and its log beside it, by its seed.

    Raises:
        CheckpointError: there is no valid checkpoint, or the file cannot be written.
        OSError: the run has no log, or it cannot be written.
    """
    found = checkpoint.newest(run)
    if found is None:
        raise checkpoint.CheckpointError(
            f"there is no valid checkpoint in {run}; train there first"
        )
    rows = curve.read(run)
    folder = policies.PRETRAINED / name
    _log(rows, folder / f"seed-{found[1]['config']['seed']}.csv")
    return checkpoint.write(folder / "policy.pt", policies.slim(found[1]))


def _log(rows: list[dict[str, float]], path: Path) -> None:
    # The last of every few, so that the last of all is there.
    rows = rows[:: -max(1, len(rows) // ROWS)][::-1]
    with whole(path) as fresh, fresh.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(
            [f"{row[name]:.8g}" if name in row else "" for name in COLUMNS] for row in rows
        )


def main(
    run: Annotated[Path, tyro.conf.Positional], name: Annotated[str, tyro.conf.Positional]
) -> int:
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
    except OSError as error:
        print(
            f"ship: cannot use {error.filename}: {error.strerror}; name the folder of a run with "
            "its log",
            file=sys.stderr,
        )
        return 1
    print(f"wrote {path} ({path.stat().st_size / 1e6:.2f} MB); write its model card beside it")
    return 0


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
