"""Rewards: pure functions of one control step, and the table of those that count.

The sum pays for being alive and on the way, so that falling is never the cheaper choice. Costs can
lower a step's reward to 0, not below.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.robots.weights import RewardWeights

Array = NDArray[np.float64]


class Step(NamedTuple):
    """What the reward terms see of one control step of E robots."""

    velocity_in_base: Array
    """Velocity of the base in the base frame [m/s], (E, 3)."""
    forward_speed: Array
    """Speed along the flight, or along the own heading of a robot that roams [m/s], (E,)."""
    angular_velocity: Array
    """Angular velocity of the base in the base frame [rad/s], (E, 3)."""
    gravity: Array
    """Unit vector that points down, in the base frame, (E, 3)."""
    command: Array
    """Commanded forward speed [m/s] and yaw rate [rad/s], (E, 2)."""
    power: Array
    """Mean of |torque x speed|, summed over the joints [W], (E,)."""
    torque_load: Array
    """Mean square of torque over peak torque, (E,)."""
    action: Array
    """The smoothed action in effect, (E, A)."""
    previous_action: Array
    """The smoothed action of the step before, (E, A)."""
    jolt: Array
    """Change of the base's vertical speed in the step [m/s], (E,)."""


def alive(s: Step) -> Array:
    """1 in every step."""
    return np.ones_like(s.forward_speed)


def progress(s: Step) -> Array:
    """Forward speed over the commanded speed, -1..1; too fast counts like too slow.

    A command to stand pays for standing.
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
    """Squared smoothed action: the gait alone is right until there is a reason to change it."""
    return np.square(s.action).sum(1)


def shock(s: Step) -> Array:
    """Square of the change of the vertical speed in a step [m2/s2].

    A robot suffers such shocks when it tips over an edge.
    """
    return np.square(s.jolt)


TERMS: tuple[Callable[[Step], Array], ...] = (
    alive,
    progress,
    turning,
    sideways,
    wobble,
    shock,
    roll,
    power,
    load,
    jerk,
    effort,
)
"""All terms, in the order of summation; `RewardWeights` has a weight of each one's name."""


class Weighted(NamedTuple):
    """A term and its weight: a row of the reward table."""

    term: Callable[[Step], Array]
    """Function of the term."""
    weight: float
    """Weight per second."""


def table(weights: RewardWeights) -> tuple[Weighted, ...]:
    """The terms with a weight other than 0, with their weights."""
    by_name = asdict(weights)
    rows = (Weighted(term, by_name[term.__name__]) for term in TERMS)
    return tuple(row for row in rows if row.weight != 0.0)


def names(weights: RewardWeights) -> tuple[str, ...]:
    """Names of the terms with a weight other than 0."""
    return tuple(row.term.__name__ for row in table(weights))


def evaluate(step: Step, control_step: float, rows: tuple[Weighted, ...]) -> tuple[Array, Array]:
    """Reward of the step (E,) and its weighted terms (E, T), both per `control_step` [s]."""
    terms = np.stack([row.weight * row.term(step) for row in rows], 1) * control_step
    return np.maximum(terms.sum(1), 0.0), terms


def _summary(term: Callable[[Step], Array]) -> str:
    """The docstring of a term on one line."""
    return " ".join((term.__doc__ or "").split())


def describe(weights: RewardWeights) -> str:
    """The reward table as text."""
    rows = [
        f"{row.term.__name__:<10s} {row.weight:+g}: {_summary(row.term)}" for row in table(weights)
    ]
    once = [f"fall       {weights.fall:+g}, once", f"arrival    {weights.arrival:+g}, once"]
    return "\n".join([*rows, *once])
