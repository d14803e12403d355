"""The motion of robots, as evaluation of behaviour measures it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.physics.batch import Physics
from envs.task.course import Course

Array = NDArray[np.float64]


class Motion(NamedTuple):
    """The motion of E robots with J joints."""

    lateral_offset: Array
    """Lateral offset of the base from the centre line, left of the robot positive [m], (E,)."""
    place: Array
    """Position x, y of the base in the world [m], (E, 2)."""
    speed: Array
    """Speed along the robot's own heading [m/s], (E,)."""
    turning: Array
    """Yaw rate [rad/s], (E,)."""
    overspeed: Array
    """Share of the last control step in which each joint exceeded its no-load speed, (E, J)."""


def motion(physics: Physics, course: Course) -> Motion:
    """The motion of the robots in the last control step."""
    state = physics.state
    return Motion(
        lateral_offset=course.lateral_offset(state.centre),
        place=state.centre[:, :2],
        speed=state.speed_ahead(),
        turning=state.yaw_rate(),
        overspeed=physics.overspeed(),
    )
