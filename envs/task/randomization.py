"""Everything about the robot and its world that is random, in one table: what, how far, drawn
when.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Randomize = Literal["nominal", "full"]
Values = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Row:
    """One random quantity: uniform in low..high under "full", `nominal` otherwise. `size`: how many
    are drawn, or "joints" for one a joint.
    """

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
            raise ValueError(
                f"{self.name} is {value}; use {self.low:g} to {self.high:g} {self.unit}"
            )
        return np.full(1, float(value))


TABLE = (
    Row(
        name="friction",
        low=0.25,
        high=1.25,
        nominal=0.8,
        unit="-",
        meaning="Coulomb coefficient between robot and stairs",
    ),
    Row(name="payload", low=-1.0, high=3.0, nominal=0.0, unit="kg", meaning="added to the trunk"),
    Row(
        name="payload_x",
        low=-0.10,
        high=0.10,
        nominal=0.0,
        unit="m",
        meaning="where the payload sits, forward of the trunk's middle",
    ),
    Row(
        name="payload_y",
        low=-0.04,
        high=0.04,
        nominal=0.0,
        unit="m",
        meaning="where the payload sits, left of the trunk's middle",
    ),
    Row(
        name="strength",
        low=0.9,
        high=1.1,
        nominal=1.0,
        unit="x",
        meaning="peak torque of a motor",
        size="joints",
    ),
    Row(
        name="kp",
        low=0.9,
        high=1.1,
        nominal=1.0,
        unit="x",
        meaning="position gain of a motor driver",
        size="joints",
    ),
    Row(
        name="kd",
        low=0.9,
        high=1.1,
        nominal=1.0,
        unit="x",
        meaning="velocity gain of a motor driver",
        size="joints",
    ),
    Row(
        name="zero_offset",
        low=-0.035,
        high=0.035,
        nominal=0.0,
        unit="rad",
        meaning="error of a joint's zero",
        size="joints",
    ),
    Row(
        name="delay",
        low=0.0,
        high=0.020,
        nominal=0.005,
        unit="s",
        meaning="from command to torque, in whole physics steps",
    ),
    Row(
        name="push",
        low=0.0,
        high=0.5,
        nominal=0.0,
        unit="m/s",
        meaning="largest sudden change of the trunk's horizontal velocity, every 3 to 6 s, any "
        "direction",
    ),
    Row(
        name="gravity_noise",
        low=0.0,
        high=0.03,
        nominal=0.0,
        unit="-",
        meaning="standard deviation of the gravity direction's components, every control step",
    ),
    Row(
        name="gyro_noise",
        low=0.0,
        high=0.15,
        nominal=0.0,
        unit="rad/s",
        meaning="standard deviation of the angular velocity, every control step",
    ),
    Row(
        name="gyro_bias",
        low=-0.03,
        high=0.03,
        nominal=0.0,
        unit="rad/s",
        meaning="constant error of the angular velocity",
        size=3,
    ),
    Row(
        name="position_noise",
        low=0.0,
        high=0.015,
        nominal=0.0,
        unit="rad",
        meaning="standard deviation of joint positions, every control step",
    ),
    Row(
        name="velocity_noise",
        low=0.0,
        high=0.75,
        nominal=0.0,
        unit="rad/s",
        meaning="standard deviation of joint velocities, every control step",
    ),
    Row(
        name="map_noise",
        low=0.0,
        high=0.02,
        nominal=0.0,
        unit="m",
        meaning="standard deviation of each cell of the height map, every control step",
    ),
    Row(
        name="map_offset",
        low=-0.03,
        high=0.03,
        nominal=0.0,
        unit="m",
        meaning="constant error of the height map",
    ),
    Row(
        name="map_tilt",
        low=-0.03,
        high=0.03,
        nominal=0.0,
        unit="-",
        meaning="rise of the height map's error per metre, along x and y",
        size=2,
    ),
    Row(
        name="map_drift",
        low=-0.015,
        high=0.015,
        nominal=0.0,
        unit="m/s",
        meaning="speed at which the map slides under the robot, along x and y, reversing at 5 cm",
        size=2,
    ),
    Row(
        name="map_delay",
        low=0.0,
        high=0.06,
        nominal=0.0,
        unit="s",
        meaning="age of the height map, in whole control steps",
    ),
    Row(
        name="map_missing",
        low=0.0,
        high=0.10,
        nominal=0.0,
        unit="-",
        meaning="share of cells that are not seen, anew every control step",
    ),
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


def draw(
    rng: np.random.Generator, joints: int, randomize: Randomize, rows: tuple[Row, ...] = TABLE
) -> Values:
    """One episode's values by name, each an array of its row's size.

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


def describe(rows: tuple[Row, ...] = TABLE) -> str:
    """The table as text."""
    return "\n".join(
        f"{row.name:<15s} {row.low:g}..{row.high:g} {row.unit} (nominal {row.nominal:g}): "
        f"{row.meaning}"
        for row in rows
    )
