"""Everything about the robot and its world that is random, in one table: what, how far, drawn when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Randomize = Literal["nominal", "full"]
Values = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Row:
    """One random quantity: uniform in low..high under "full", `nominal` otherwise. `size`: how many are drawn, or "joints" for one a joint."""

    name: str
    low: float
    high: float
    nominal: float
    unit: str
    meaning: str
    size: int | Literal["joints"] = 1

    def fixed(self, value: float) -> NDArray[np.float64]:
        """This value instead of a drawn one.

        Raises:
            ValueError: it is outside of the range.
        """
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.name} is {value}; use {self.low:g} to {self.high:g} {self.unit}")
        return np.full(1, float(value))


TABLE = (
    Row("friction", 0.25, 1.25, 0.8, "-", "Coulomb coefficient between robot and stairs"),
    Row("payload", -1.0, 3.0, 0.0, "kg", "added to the trunk"),
    Row("payload_x", -0.10, 0.10, 0.0, "m", "where the payload sits, forward of the trunk's middle"),
    Row("payload_y", -0.04, 0.04, 0.0, "m", "where the payload sits, left of the trunk's middle"),
    Row("strength", 0.9, 1.1, 1.0, "x", "peak torque of a motor", "joints"),
    Row("kp", 0.9, 1.1, 1.0, "x", "position gain of a motor driver", "joints"),
    Row("kd", 0.9, 1.1, 1.0, "x", "velocity gain of a motor driver", "joints"),
    Row("zero_offset", -0.035, 0.035, 0.0, "rad", "error of a joint's zero", "joints"),
    Row("delay", 0.0, 0.020, 0.005, "s", "from command to torque, in whole physics steps"),
    Row("push", 0.0, 0.5, 0.0, "m/s", "largest sudden change of the trunk's horizontal velocity, every 3 to 6 s, any direction"),
    Row("gravity_noise", 0.0, 0.03, 0.0, "-", "standard deviation of the gravity direction's components, every control step"),
    Row("gyro_noise", 0.0, 0.15, 0.0, "rad/s", "standard deviation of the angular velocity, every control step"),
    Row("gyro_bias", -0.03, 0.03, 0.0, "rad/s", "constant error of the angular velocity", 3),
    Row("position_noise", 0.0, 0.015, 0.0, "rad", "standard deviation of joint positions, every control step"),
    Row("velocity_noise", 0.0, 0.75, 0.0, "rad/s", "standard deviation of joint velocities, every control step"),
    Row("map_noise", 0.0, 0.02, 0.0, "m", "standard deviation of each cell of the height map, every control step"),
    Row("map_offset", -0.03, 0.03, 0.0, "m", "constant error of the height map"),
    Row("map_tilt", -0.03, 0.03, 0.0, "-", "rise of the height map's error per metre, along x and y", 2),
    Row("map_drift", -0.015, 0.015, 0.0, "m/s", "speed at which the map slides under the robot, along x and y, reversing at 5 cm", 2),
    Row("map_delay", 0.0, 0.06, 0.0, "s", "age of the height map, in whole control steps"),
    Row("map_missing", 0.0, 0.10, 0.0, "-", "share of cells that are not seen, anew every control step"),
)


def check(randomize: str) -> None:
    """Raise ValueError unless `randomize` is a way to fill the table."""
    if randomize not in get_args(Randomize):
        raise ValueError(f"randomize is {randomize!r}; use {' or '.join(get_args(Randomize))}")


def table(ranges: Mapping[str, tuple[float, float, float]]) -> tuple[Row, ...]:
    """The table with other ranges: lowest, highest, nominal, by name."""
    return tuple(_within(row, *ranges[row.name]) if row.name in ranges else row for row in TABLE)


def _within(row: Row, low: float, high: float, nominal: float) -> Row:
    return replace(row, low=low, high=high, nominal=nominal)


def draw(rng: np.random.Generator, joints: int, randomize: Randomize, rows: tuple[Row, ...] = TABLE) -> Values:
    """One episode's values by name, each an array of its row's size.

    Raises:
        ValueError: `randomize` is neither "nominal" nor "full".
    """
    check(randomize)
    values = {}
    for row in rows:
        size = joints if row.size == "joints" else row.size
        values[row.name] = rng.uniform(row.low, row.high, size) if randomize == "full" else np.full(size, row.nominal)
    return values


def describe(rows: tuple[Row, ...] = TABLE) -> str:
    """The table as text."""
    return "\n".join(f"{row.name:<15s} {row.low:g}..{row.high:g} {row.unit} (nominal {row.nominal:g}): {row.meaning}" for row in rows)
