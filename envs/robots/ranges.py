"""Ranges of everything that is random about a robot and its world."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Literal, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Doc

from envs.settings import Within


class Range(NamedTuple):
    """A uniform range `low` to `high` for "full" randomisation, and a `nominal` value otherwise."""

    low: float
    high: float
    nominal: float


class Drawn(Doc):
    """How a quantity is drawn; its documentation is also the help on the command line.

    Args:
        meaning: what the quantity is.
        unit: unit of the range.
        within: what a range may cover at most.
        size: number of values, or "joints" for one per joint.
    """

    def __init__(
        self, meaning: str, unit: str, within: Within, size: int | Literal["joints"] = 1
    ) -> None:
        super().__init__(meaning)
        self.unit = unit
        self.within = within
        self.size = size


@dataclass(frozen=True)
class Randomization:
    """Ranges of the random quantities. They are drawn in this order, once per episode."""

    friction: Annotated[
        Range, Drawn("Coulomb coefficient between robot and stairs", "-", Within(0.0, 4.0))
    ] = Range(0.25, 1.25, 0.8)
    payload: Annotated[Range, Drawn("Mass added to the trunk", "kg", Within(-100.0, 200.0))] = (
        Range(-1.0, 3.0, 0.0)
    )
    payload_x: Annotated[
        Range,
        Drawn("Position of the payload, forward of the trunk's middle", "m", Within(-1.0, 1.0)),
    ] = Range(-0.1, 0.1, 0.0)
    payload_y: Annotated[
        Range, Drawn("Position of the payload, left of the trunk's middle", "m", Within(-1.0, 1.0))
    ] = Range(-0.04, 0.04, 0.0)
    strength: Annotated[
        Range, Drawn("Factor on a motor's peak torque", "x", Within(0.05, 3.0), "joints")
    ] = Range(0.9, 1.1, 1.0)
    kp: Annotated[
        Range, Drawn("Factor on a motor driver's position gain", "x", Within(0.05, 3.0), "joints")
    ] = Range(0.9, 1.1, 1.0)
    kd: Annotated[
        Range, Drawn("Factor on a motor driver's velocity gain", "x", Within(0.05, 3.0), "joints")
    ] = Range(0.9, 1.1, 1.0)
    zero_offset: Annotated[
        Range, Drawn("Error of a joint encoder's zero", "rad", Within(-0.5, 0.5), "joints")
    ] = Range(-0.035, 0.035, 0.0)
    delay: Annotated[
        Range, Drawn("Delay from command to torque, in whole physics steps", "s", Within(0.0, 0.2))
    ] = Range(0.0, 0.02, 0.005)
    push: Annotated[
        Range,
        Drawn(
            "Largest sudden change of the trunk's horizontal velocity, every 3 to "
            "6 s, any direction",
            "m/s",
            Within(0.0, 5.0),
        ),
    ] = Range(0.0, 0.5, 0.0)
    gravity_noise: Annotated[
        Range,
        Drawn(
            "Standard deviation of the noise of the gravity direction, every control step",
            "-",
            Within(0.0, 0.5),
        ),
    ] = Range(0.0, 0.03, 0.0)
    gyro_noise: Annotated[
        Range,
        Drawn(
            "Standard deviation of the noise of the angular velocity, every control step",
            "rad/s",
            Within(0.0, 5.0),
        ),
    ] = Range(0.0, 0.15, 0.0)
    gyro_bias: Annotated[
        Range, Drawn("Constant error of the angular velocity", "rad/s", Within(-2.0, 2.0), 3)
    ] = Range(-0.03, 0.03, 0.0)
    position_noise: Annotated[
        Range,
        Drawn(
            "Standard deviation of the noise of joint positions, every control step",
            "rad",
            Within(0.0, 0.5),
        ),
    ] = Range(0.0, 0.015, 0.0)
    velocity_noise: Annotated[
        Range,
        Drawn(
            "Standard deviation of the noise of joint velocities, every control step",
            "rad/s",
            Within(0.0, 20.0),
        ),
    ] = Range(0.0, 0.75, 0.0)
    map_noise: Annotated[
        Range,
        Drawn(
            "Standard deviation of the noise of each cell of the height map, every control step",
            "m",
            Within(0.0, 0.5),
        ),
    ] = Range(0.0, 0.02, 0.0)
    map_offset: Annotated[
        Range, Drawn("Constant error of the height map", "m", Within(-0.5, 0.5))
    ] = Range(-0.03, 0.03, 0.0)
    map_tilt: Annotated[
        Range,
        Drawn("Rise of the height map's error per metre, along x and y", "-", Within(-0.5, 0.5), 2),
    ] = Range(-0.03, 0.03, 0.0)
    map_drift: Annotated[
        Range,
        Drawn(
            "Speed at which the map drifts under the robot, along x and y, reversing at 5 cm",
            "m/s",
            Within(-1.0, 1.0),
            2,
        ),
    ] = Range(-0.015, 0.015, 0.0)
    map_delay: Annotated[
        Range, Drawn("Age of the height map, in whole control steps", "s", Within(0.0, 0.5))
    ] = Range(0.0, 0.06, 0.0)
    map_missing: Annotated[
        Range,
        Drawn(
            "Share of missing cells of the height map, drawn anew every control step",
            "-",
            Within(0.0, 1.0),
        ),
    ] = Range(0.0, 0.1, 0.0)


class Row(NamedTuple):
    """One quantity with its range: a row of the randomisation table."""

    name: str
    low: float
    high: float
    nominal: float
    unit: str
    within: Within
    size: int | Literal["joints"]
    meaning: str

    def fixed(self, value: float) -> NDArray[np.float64]:
        """`value` in place of a drawn one, (1,).

        Raises:
            ValueError: the value is outside of the range.
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
            within=drawn.within,
            size=drawn.size,
            meaning=drawn.documentation,
        )
        found.append(row)
    return tuple(found)


def problem(randomization: Randomization) -> str | None:
    """The first invalid range, in one line with a remedy; None if all are valid."""
    for row in rows(randomization):
        name = f"randomization.{row.name}"
        for part in ("low", "high"):
            value = getattr(row, part)
            if not row.within.low <= value <= row.within.high:
                allowed = f"{row.within.low:g} to {row.within.high:g} {row.unit}"
                return f"{name}.{part} is {value:g}; use {allowed}"
        if not row.low <= row.nominal <= row.high:
            said = f"{row.low:g} to {row.high:g}, nominally {row.nominal:g}"
            return f"{name} is {said}; use low <= nominal <= high"
    return None
