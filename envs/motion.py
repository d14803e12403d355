"""How robots move, for those who judge behaviour."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.physics.batch import Physics
from envs.task.course import Course

Array = NDArray[np.float64]


class Motion(NamedTuple):
    """How E robots with J joints move."""

    lateral_offset: Array
    """Offset of the base from the middle of the flight to the robot's left [m], (E,)."""
    place: Array
    """x, y of the base in the world [m], (E, 2)."""
    speed: Array
    """Speed along the robot's own heading [m/s], (E,)."""
    turning: Array
    """Yaw rate [rad/s], (E,)."""
    overspeed: Array
    """Share of the last control step in which each joint was faster than its motor's no-load speed,
    (E, J).
    """


def motion(physics: Physics, course: Course) -> Motion:
    """How the robots moved in the last control step."""
    state = physics.state
    return Motion(
        lateral_offset=course.lateral_offset(state.centre),
        place=state.centre[:, :2],
        speed=state.speed_ahead(),
        turning=state.yaw_rate(),
        overspeed=physics.overspeed(),
    )
