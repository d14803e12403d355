"""The random values of an episode, drawn from the robot's own ranges (`envs/robots/ranges.py`)."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from envs.robots.ranges import Row

Randomize = Literal["nominal", "full"]
"""How the randomisation table is filled: with nominal or with drawn values."""
Values = dict[str, NDArray[np.float64]]
"""Drawn values of an episode, by name."""


def check(randomize: str) -> None:
    """Check that `randomize` is a way to fill the table.

    Raises:
        ValueError: `randomize` is neither "nominal" nor "full".
    """
    if randomize not in get_args(Randomize):
        raise ValueError(f"randomize is {randomize!r}; use {' or '.join(get_args(Randomize))}")


def draw(
    rng: np.random.Generator, joints: int, randomize: Randomize, rows: tuple[Row, ...]
) -> Values:
    """The values of one episode by name, each an array of its row's size.

    Raises:
        ValueError: `randomize` is neither "nominal" nor "full".
    """
    check(randomize)
    values = {}
    for row in rows:
        size = joints if row.size == "joints" else row.size
        values[row.name] = (
            rng.uniform(row.low, row.high, size)
            if randomize == "full"
            else np.full(size, row.nominal)
        )
    return values


def describe(rows: tuple[Row, ...]) -> str:
    """The randomisation table as text."""
    return "\n".join(
        f"{row.name:<15s} {row.low:g}..{row.high:g} {row.unit} (nominal {row.nominal:g}): "
        f"{row.meaning}"
        for row in rows
    )
