"""The true state of E robots: the only place that knows the order of Bullet's numbers."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs import frames

Array = NDArray[np.float64]

POSITION = slice(0, 3)
"""Slice of `World.base` with the position."""
QUATERNION = slice(3, 7)
"""Slice of `World.base` with the attitude."""
VELOCITY = slice(7, 10)
"""Slice of `World.base` with the velocity."""
ANGULAR_VELOCITY = slice(10, 13)
"""Slice of `World.base` with the angular velocity."""
BASE_SIZE = 13
"""Length of `World.base`."""


class State(NamedTuple):
    """Pose and motion of E robots with J joints.

    The base's origin is that of its frame. Names that end in *in_base* are in the base frame.
    """

    centre: Array
    """Centre of mass of the base link in the world [m], (E, 3)."""
    position: Array
    """Origin of the base in the world [m], (E, 3)."""
    rotation: Array
    """Rotation from the base frame to the world, (E, 3, 3)."""
    yaw: Array
    """Heading in the world [rad], (E,)."""
    velocity: Array
    """Velocity of the base's origin in the world [m/s], (E, 3)."""
    velocity_in_base: Array
    """Velocity of the base's origin in the base frame [m/s], (E, 3)."""
    angular_velocity: Array
    """Angular velocity of the base in the world [rad/s], (E, 3)."""
    angular_velocity_in_base: Array
    """Angular velocity of the base in the base frame [rad/s], (E, 3)."""
    joint_position: Array
    """Joint positions [rad], (E, J)."""
    joint_velocity: Array
    """Joint velocities [rad/s], (E, J)."""

    def gravity_in_base(self) -> Array:
        """Unit vector that points down, in the base frame, (E, 3)."""
        return -self.rotation[:, 2]

    def upright(self) -> Array:
        """Cosine of the angle between the body's up axis and the vertical, (E,)."""
        return self.rotation[:, 2, 2]

    def speed_ahead(self) -> Array:
        """Speed along the robot's own heading [m/s], (E,)."""
        return np.cos(self.yaw) * self.velocity[:, 0] + np.sin(self.yaw) * self.velocity[:, 1]

    def yaw_rate(self) -> Array:
        """Angular velocity about the vertical [rad/s], (E,)."""
        return self.angular_velocity[:, 2]


def read(base: Array, joints: Array, com: Array) -> State:
    """The state that Bullet's numbers describe.

    Args:
        base: state of the base link's centre of mass, in the form of `World.base`, (E, 13).
        joints: position [rad] and velocity [rad/s] of each joint, (E, J, 2).
        com: centre of mass of the base link in the base frame [m], (3,).
    """
    rotation = frames.rotation_matrix(base[:, QUATERNION])
    offset = frames.to_world(rotation, np.broadcast_to(com, (len(base), 3)))
    spin = base[:, ANGULAR_VELOCITY].copy()
    velocity = base[:, VELOCITY] - np.cross(spin, offset)
    return State(
        centre=base[:, POSITION].copy(),
        position=base[:, POSITION] - offset,
        rotation=rotation,
        yaw=np.arctan2(rotation[:, 1, 0], rotation[:, 0, 0]),
        velocity=velocity,
        velocity_in_base=frames.to_base(rotation, velocity),
        angular_velocity=spin,
        angular_velocity_in_base=frames.to_base(rotation, spin),
        joint_position=joints[..., 0].copy(),
        joint_velocity=joints[..., 1].copy(),
    )
