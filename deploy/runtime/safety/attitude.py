"""What a quaternion xyzw of the base in the world says of the vertical."""

from __future__ import annotations

import math

import numpy as np

from deploy.runtime.link import Array


def gravity_in_base(quaternion: Array) -> Array:
    """Unit vector that points down, in the base frame, (3,)."""
    x, y, z, w = (float(part) for part in quaternion)
    return np.array(
        [-2 * (x * z - y * w), -2 * (y * z + x * w), -(1 - 2 * (x * x + y * y))], np.float32
    )


def tilt(quaternion: Array) -> float:
    """Angle between the base's up and the vertical [rad]."""
    return math.acos(min(1.0, max(-1.0, -float(gravity_in_base(quaternion)[2]))))
