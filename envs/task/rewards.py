"""Rewards: pure functions of one control step, and one table of weights.

The sum pays for being alive and on the way, so that dying is never the cheaper choice; costs can
lower a step's reward to 0, not below.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Step(NamedTuple):
    """What the terms see of one control step of E robots."""

    velocity_in_base: Array
    """[m/s], (E, 3)."""
    forward_speed: Array
    """Along the flight; of a robot that walks about, along its own heading [m/s], (E,)."""
    angular_velocity: Array
    """In the base frame [rad/s], (E, 3)."""
    gravity: Array
    """In the base frame, (E, 3)."""
    command: Array
    """Forward speed [m/s], yaw rate [rad/s], (E, 2)."""
    power: Array
    """Mean of the joints' |torque x speed|, summed over joints [W], (E,)."""
    torque_load: Array
    """Mean square of torque over peak torque, (E,)."""
    action: Array
    """The smoothed action that is in effect, (E, A)."""
    previous_action: Array
    jolt: Array
    """Change of the base's vertical speed in the step [m/s], (E,)."""


def alive(s: Step) -> Array:
    """1 in every step."""
    return np.ones_like(s.forward_speed)


def progress(s: Step) -> Array:
    """Forward speed over the commanded speed, -1..1; above the command it falls as it rose. A
    standing command pays for standing.
    """
    speed = s.command[:, 0]
    ratio = s.forward_speed / np.maximum(speed, 0.1)
    walking = np.clip(np.minimum(ratio, 2.0 - ratio), -1.0, 1.0)
    return np.where(speed > 0.05, walking, np.exp(-np.square(s.forward_speed / 0.15)))


def turning(s: Step) -> Array:
    """How well the commanded yaw rate is followed, 0..1."""
    return np.exp(-np.square((s.angular_velocity[:, 2] - s.command[:, 1]) / 0.6))


def sideways(s: Step) -> Array:
    """Square of the sideways speed [m2/s2]."""
    return np.square(s.velocity_in_base[:, 1])


def wobble(s: Step) -> Array:
    """Square of the roll and pitch rates [rad2/s2]."""
    return np.square(s.angular_velocity[:, 0]) + np.square(s.angular_velocity[:, 1])


def roll(s: Step) -> Array:
    """Square of the sine of the roll angle."""
    return np.square(s.gravity[:, 1])


def power(s: Step) -> Array:
    """Mechanical power [W]."""
    return s.power


def load(s: Step) -> Array:
    """Mean square of torque over peak torque."""
    return s.torque_load


def jerk(s: Step) -> Array:
    """Squared change of the smoothed action."""
    return np.square(s.action - s.previous_action).sum(1)


def effort(s: Step) -> Array:
    """Squared smoothed action: the trot is right until there is a reason."""
    return np.square(s.action).sum(1)


def shock(s: Step) -> Array:
    """Square of the change of the vertical speed in a step [m2/s2]: what a robot hits when it tips
    over an edge.
    """
    return np.square(s.jolt)


class Weighted(NamedTuple):
    """A row of the table."""

    term: Callable[[Step], Array]
    weight: float


TABLE = (
    Weighted(alive, 0.5),
    Weighted(progress, 2.5),
    Weighted(turning, 1.0),
    Weighted(sideways, -0.5),
    Weighted(wobble, -0.05),
    Weighted(roll, -0.5),
    Weighted(power, -0.0006),
    Weighted(load, -0.5),
    Weighted(jerk, -0.5),
    Weighted(effort, -0.02),
)
NAMES = tuple(row.term.__name__ for row in TABLE)

FALL = -1.0
"""Added when the robot falls or leaves the stairs by the side."""
ARRIVAL = 8.0
"""Added on arrival: at least what walking on for ever would pay (4 a second x 0.02 s / (1 - 0.99)),
so that arriving is never a loss.
"""


class Scheme(NamedTuple):
    """The rewards of a kind of robot."""

    table: tuple[Weighted, ...]
    arrival: float
    """Added on arrival."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the terms."""
        return tuple(row.term.__name__ for row in self.table)


LEGGED = Scheme(TABLE, ARRIVAL)
TRACKED = Scheme(
    (
        Weighted(alive, 0.5),
        Weighted(progress, 2.5),
        Weighted(turning, 1.0),
        Weighted(wobble, -0.3),
        Weighted(shock, -2.0),
        Weighted(roll, -1.0),
        Weighted(power, -0.0002),
        Weighted(load, -0.5),
        Weighted(jerk, -0.2),
        Weighted(effort, -0.02),
    ),
    # As above, for a control step of 0.05 s.
    arrival=20.0,
)
"""What breaks tracked robots is the shock when they tip over an edge: pitch rate and hard stops
cost more than for legs. Slipping sideways is how they turn.
"""


def evaluate(
    step: Step, control_step: float, table: tuple[Weighted, ...] = TABLE
) -> tuple[Array, Array]:
    """Reward of the step (E,) and its weighted terms (E, T), both per `control_step` [s]."""
    terms = np.stack([row.weight * row.term(step) for row in table], 1) * control_step
    return np.maximum(terms.sum(1), 0.0), terms


def describe(scheme: Scheme = LEGGED) -> str:
    """The table as text."""
    rows = [
        f"{row.term.__name__:<10s} {row.weight:+g}: {' '.join(str(row.term.__doc__).split())}"
        for row in scheme.table
    ]
    return "\n".join(
        [*rows, f"fall       {FALL:+g}, once", f"arrival    {scheme.arrival:+g}, once"]
    )
