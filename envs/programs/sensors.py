"""The seam of the project: what a controller reads and commands, on the robot and in simulation.

Batch first: E robots. Joints are in the vendor's motor order. Frames: *base* is fixed to the trunk
(x forward, y left, z up); *level* has the base's origin and heading, but its z is vertical.
Quaternions, where one appears in the project, are xyzw.
"""

from typing import NamedTuple

from torch import Tensor

MAP_X_START = -0.50
"""x of the first row of the height map in the level frame [m]."""
MAP_X_STEP = 0.05
"""Distance between rows of the height map [m]."""
MAP_X_COUNT = 29
"""Number of rows of the height map."""
MAP_Y_START = -0.30
"""y of the first column of the height map in the level frame [m]."""
MAP_Y_STEP = 0.10
"""Distance between columns of the height map [m]."""
MAP_Y_COUNT = 7
"""Number of columns of the height map."""


class Sensors(NamedTuple):
    """One reading of E robots with J joints."""

    gravity_in_base: Tensor
    """Unit vector that points down, in the base frame, (E, 3)."""
    angular_velocity_base_in_base: Tensor
    """Angular velocity of the base in the base frame [rad/s], (E, 3)."""
    joint_position: Tensor
    """Joint positions [rad], (E, J)."""
    joint_velocity: Tensor
    """Joint velocities [rad/s], (E, J)."""
    command: Tensor
    """The operator's command: forward speed [m/s], yaw rate [rad/s], (E, 2)."""
    height_map: Tensor
    """Height of the ground above the base's origin (about -0.3), level frame [m], (E, 29, 7).

    x starts at -0.5 m in steps of 5 cm, y at -0.3 m in steps of 10 cm. NaN: not seen.
    """


class JointCommand(NamedTuple):
    """The command of the motor drivers, each part (E, J).

    torque = kp (position - q) + kd (velocity - dq) + torque.
    """

    position: Tensor
    """Target position of each joint [rad]."""
    velocity: Tensor
    """Target velocity of each joint [rad/s]."""
    torque: Tensor
    """Feed-forward torque [N m]."""
    kp: Tensor
    """Position gain [N m/rad]."""
    kd: Tensor
    """Velocity gain [N m s/rad]."""
