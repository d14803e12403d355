"""The operator of training at a remote control, who keeps the robot on the middle line."""

import numpy as np

from deploy.simulation.body import Array
from deploy.simulation.senses import heading
from envs import frames
from envs.task import operator
from envs.task.staircase import Staircase


def sticks(
    stairs: Staircase,
    speed: float,
    position: Array,
    quaternion: Array,
    full: tuple[float, float],
) -> tuple[float, float]:
    """How far the operator pushes the sticks, forward and to the left, -1..1.

    Args:
        stairs: the flight.
        speed: wanted [m/s].
        position: of the base in the world [m], (3,).
        quaternion: its attitude, xyzw, (4,).
        full: speed [m/s] and yaw rate [rad/s] of sticks that are pushed all the way.
    """
    lateral_offset = stairs.heading * position[1]
    heading_error = frames.wrap(np.array(heading(quaternion) - stairs.yaw))
    max_speed, max_yaw_rate = full
    turn = float(operator.yaw_rate(lateral_offset, heading_error))
    return speed / max_speed, turn / max_yaw_rate
