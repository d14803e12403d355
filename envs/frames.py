"""Rotations of whole batches.

Quaternions are xyzw. Rotation matrices turn base-frame vectors into world-frame ones.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def rotation_matrix(quaternion: Array) -> Array:
    """Rotation matrices (E, 3, 3) of unit quaternions xyzw (E, 4)."""
    x, y, z, w = quaternion.T
    # Row by row into one array: a third of the time of stacking.
    rotation = np.empty((len(quaternion), 3, 3))
    rotation[:, 0, 0] = 1 - 2 * (y * y + z * z)
    rotation[:, 0, 1] = 2 * (x * y - z * w)
    rotation[:, 0, 2] = 2 * (x * z + y * w)
    rotation[:, 1, 0] = 2 * (x * y + z * w)
    rotation[:, 1, 1] = 1 - 2 * (x * x + z * z)
    rotation[:, 1, 2] = 2 * (y * z - x * w)
    rotation[:, 2, 0] = 2 * (x * z - y * w)
    rotation[:, 2, 1] = 2 * (y * z + x * w)
    rotation[:, 2, 2] = 1 - 2 * (x * x + y * y)
    return rotation


def to_base(rotation: Array, vector: Array) -> Array:
    """World-frame vectors (E, 3) in the base frame.

    Computed element by element, so that a robot's result does not depend on its batch.
    """
    return (
        rotation[:, 0] * vector[:, :1]
        + rotation[:, 1] * vector[:, 1:2]
        + rotation[:, 2] * vector[:, 2:]
    )


def to_world(rotation: Array, vector: Array) -> Array:
    """Base-frame vectors (E, 3) in the world frame."""
    return (
        rotation[..., 0] * vector[:, :1]
        + rotation[..., 1] * vector[:, 1:2]
        + rotation[..., 2] * vector[:, 2:]
    )


def quaternion_from_yaw_pitch(yaw: float, pitch: float) -> tuple[float, float, float, float]:
    """Quaternion xyzw of a turn by `yaw` [rad] about z, then by `pitch` [rad] nose up."""
    cy, sy = np.cos(yaw / 2), np.sin(yaw / 2)
    cp, sp = np.cos(-pitch / 2), np.sin(-pitch / 2)
    return (float(-sy * sp), float(cy * sp), float(sy * cp), float(cy * cp))


def wrap(angle: Array) -> Array:
    """Angles wrapped to -pi..pi [rad]."""
    return (angle + np.pi) % (2 * np.pi) - np.pi
