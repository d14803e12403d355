"""Sanitized sensor readings: finite numbers that a controller can compute with."""

import math

import torch
from torch import Tensor

from envs.programs.sensors import Sensors

LARGEST = 1e6
"""Limit of readings, to either side.

It is far beyond what a sensor can mean, and squares stay finite.
"""


def or_else(reading: Tensor, otherwise: Tensor, largest: float) -> Tensor:
    """`reading` clipped to +-`largest`, and `otherwise` where it is not finite."""
    # Half the time of `isfinite`; a NaN compares as false.
    return torch.where(reading.abs() < math.inf, torch.clamp(reading, -largest, largest), otherwise)


def sanitize(sensors: Sensors, up: Tensor, target: Tensor, largest: float) -> Sensors:
    """`sensors` with replacements for all readings that are not finite.

    Gravity is replaced by the last one (minus `up`), joint positions by their `target`, rates by
    zero, and the command by the one to stand. Finite readings keep their bits up to +-`largest`.
    The height map fills its own holes.
    """
    return Sensors(
        gravity_in_base=or_else(sensors.gravity_in_base, -up, largest),
        angular_velocity_base_in_base=or_else(
            sensors.angular_velocity_base_in_base, torch.zeros_like(up), largest
        ),
        joint_position=or_else(sensors.joint_position, target, largest),
        joint_velocity=or_else(sensors.joint_velocity, torch.zeros_like(target), largest),
        command=or_else(sensors.command, torch.zeros_like(sensors.command), largest),
        height_map=sensors.height_map,
    )
