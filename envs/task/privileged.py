"""Privileged observations: figures that only a critic may see, because no sensor measures them."""

import numpy as np
from numpy.typing import NDArray

from envs.task.scenario import Scenario

Array = NDArray[np.float64]

PRIVILEGED = (
    "velocity x, y, z in the base frame [m/s]",
    "distance to the goal along the flight, at most 2 [m]",
    "lateral offset from the centre line, left of the robot positive [m]",
    "heading error [rad]",
    "friction",
    "payload [kg] / 3",
    "delay [s] x 50",
    "riser [m] x 5",
    "tread [m] x 3",
    "+1 up, -1 down",
)
"""Meaning of the privileged figures, in their order."""
PRIVILEGED_SIZE = 12
"""Number of privileged figures of a robot."""
PRIVILEGED_LIMIT = 20.0
"""Limit of the privileged figures, to either side."""
FIXED_SIZE = 6
"""Number of figures, the last ones, that stay constant in an episode."""
SIDEWAYS = [1, 4, 5]
"""Indices of the figures that change their sign in a mirror."""


def fixed(scenario: Scenario) -> tuple[float, ...]:
    """The figures that stay constant in an episode, from friction on."""
    values = scenario.values
    stairs = scenario.stairs
    return (
        values["friction"][0],
        values["payload"][0] / 3,
        50 * values["delay"][0],
        5 * stairs.riser,
        3 * stairs.tread,
        stairs.heading,
    )


def figures(
    velocity_in_base: Array,
    to_goal: Array,
    lateral_offset: Array,
    heading_error: Array,
    fixed: Array,
    mirrored: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """All privileged figures, scaled and clipped, (E, 12).

    Args:
        velocity_in_base: velocity of the base in the base frame [m/s], (E, 3).
        to_goal: distance to the goal along the flight [m], (E,).
        lateral_offset: offset from the centre line, left of the robot positive [m], (E,).
        heading_error: angle from the flight's direction to the robot's heading [rad], (E,).
        fixed: figures that stay constant in each robot's episode, (E, 6).
        mirrored: whether the policy sees the mirror image, (E, 1): then the critic does, too.
    """
    values = np.column_stack(
        [velocity_in_base, np.minimum(to_goal, 2.0), lateral_offset, heading_error, fixed]
    )
    values[:, SIDEWAYS] *= np.where(mirrored, -1.0, 1.0)
    return np.clip(values, -PRIVILEGED_LIMIT, PRIVILEGED_LIMIT).astype(np.float32)
