"""Ranges of everything about a robot and its world that is random."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Literal, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Doc


class Range(NamedTuple):
    """Uniform from `low` to `high` under "full" randomisation, `nominal` otherwise."""

    low: float
    high: float
    nominal: float


class Drawn(Doc):
    """How a quantity is drawn; its documentation is the help on the command line, too.

    Args:
        meaning: what the quantity is.
        unit: of the range.
        size: how many are drawn, or "joints" for one a joint.
    """

    def __init__(self, meaning: str, unit: str, size: int | Literal["joints"] = 1) -> None:
        super().__init__(meaning)
        self.unit = unit
        self.size = size


@dataclass(frozen=True)
class Randomization:
    """Range of each random quantity. They are drawn in this order, once an episode."""

    friction: Annotated[Range, Drawn("Coulomb coefficient between robot and stairs", "-")] = Range(
        0.25, 1.25, 0.8
    )
    payload: Annotated[Range, Drawn("added to the trunk", "kg")] = Range(-1.0, 3.0, 0.0)
    payload_x: Annotated[
        Range, Drawn("where the payload sits, forward of the trunk's middle", "m")
    ] = Range(-0.1, 0.1, 0.0)
    payload_y: Annotated[
        Range, Drawn("where the payload sits, left of the trunk's middle", "m")
    ] = Range(-0.04, 0.04, 0.0)
    strength: Annotated[Range, Drawn("peak torque of a motor", "x", "joints")] = Range(
        0.9, 1.1, 1.0
    )
    kp: Annotated[Range, Drawn("position gain of a motor driver", "x", "joints")] = Range(
        0.9, 1.1, 1.0
    )
    kd: Annotated[Range, Drawn("velocity gain of a motor driver", "x", "joints")] = Range(
        0.9, 1.1, 1.0
    )
    zero_offset: Annotated[Range, Drawn("error of a joint's zero", "rad", "joints")] = Range(
        -0.035, 0.035, 0.0
    )
    delay: Annotated[Range, Drawn("from command to torque, in whole physics steps", "s")] = Range(
        0.0, 0.02, 0.005
    )
    push: Annotated[
        Range,
        Drawn(
            "largest sudden change of the trunk's horizontal velocity, every 3 to 6 s, any "
            "direction",
            "m/s",
        ),
    ] = Range(0.0, 0.5, 0.0)
    gravity_noise: Annotated[
        Range,
        Drawn("standard deviation of the gravity direction's components, every control step", "-"),
    ] = Range(0.0, 0.03, 0.0)
    gyro_noise: Annotated[
        Range, Drawn("standard deviation of the angular velocity, every control step", "rad/s")
    ] = Range(0.0, 0.15, 0.0)
    gyro_bias: Annotated[Range, Drawn("constant error of the angular velocity", "rad/s", 3)] = (
        Range(-0.03, 0.03, 0.0)
    )
    position_noise: Annotated[
        Range, Drawn("standard deviation of joint positions, every control step", "rad")
    ] = Range(0.0, 0.015, 0.0)
    velocity_noise: Annotated[
        Range, Drawn("standard deviation of joint velocities, every control step", "rad/s")
    ] = Range(0.0, 0.75, 0.0)
    map_noise: Annotated[
        Range, Drawn("standard deviation of each cell of the height map, every control step", "m")
    ] = Range(0.0, 0.02, 0.0)
    map_offset: Annotated[Range, Drawn("constant error of the height map", "m")] = Range(
        -0.03, 0.03, 0.0
    )
    map_tilt: Annotated[
        Range, Drawn("rise of the height map's error per metre, along x and y", "-", 2)
    ] = Range(-0.03, 0.03, 0.0)
    map_drift: Annotated[
        Range,
        Drawn(
            "speed at which the map slides under the robot, along x and y, reversing at 5 cm",
            "m/s",
            2,
        ),
    ] = Range(-0.015, 0.015, 0.0)
    map_delay: Annotated[Range, Drawn("age of the height map, in whole control steps", "s")] = (
        Range(0.0, 0.06, 0.0)
    )
    map_missing: Annotated[
        Range, Drawn("share of cells that are not seen, anew every control step", "-")
    ] = Range(0.0, 0.1, 0.0)


class Row(NamedTuple):
    """One quantity with its range, as a table has it."""

    name: str
    low: float
    high: float
    nominal: float
    unit: str
    size: int | Literal["joints"]
    meaning: str

    def fixed(self, value: float) -> NDArray[np.float64]:
        """This value instead of a drawn one, (1,).

        Raises:
            ValueError: it is outside of the range.
        """
        if not self.low <= value <= self.high:
            raise ValueError(
                f"{self.name} is {value}; use {self.low:g} to {self.high:g} {self.unit}"
            )
        return np.full(1, float(value))


@cache
def rows(randomization: Randomization) -> tuple[Row, ...]:
    """The table of `randomization`, in the order in which quantities are drawn."""
    hints = get_type_hints(Randomization, include_extras=True)
    found = []
    for field in fields(randomization):
        (drawn,) = hints[field.name].__metadata__
        low, high, nominal = getattr(randomization, field.name)
        row = Row(
            name=field.name,
            low=low,
            high=high,
            nominal=nominal,
            unit=drawn.unit,
            size=drawn.size,
            meaning=drawn.documentation,
        )
        found.append(row)
    return tuple(found)


_NOT_NEGATIVE = ("friction", "delay", "push", "noise", "missing")


def problem(randomization: Randomization) -> str | None:
    """The first range that cannot be, in one line; None if all can."""
    for row in rows(randomization):
        name = f"randomization.{row.name}"
        if not row.low <= row.nominal <= row.high:
            said = f"{row.low:g} to {row.high:g}, nominally {row.nominal:g}"
            return f"{name} is {said}; use low <= nominal <= high"
        if row.low < 0 and row.name.endswith(_NOT_NEGATIVE):
            return f"{name}.low is {row.low:g}; use at least 0"
        if row.unit == "x" and row.low <= 0:
            return f"{name}.low is {row.low:g}; use more than 0"
        if row.name == "map_missing" and row.high > 1:
            return f"{name}.high is {row.high:g}; use at most 1"
    return None
