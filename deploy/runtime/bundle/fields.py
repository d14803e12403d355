"""What kinds of values a manifest has, and which of its fields are of which kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Dict

PER_JOINT = (
    "joint_names",
    "motor_index",
    "lower",
    "upper",
    "torque_limit",
    "speed_limit",
    "target_speed_limit",
    "stance",
    "folded",
    "kp",
    "kd",
    "hold_kp",
    "hold_kd",
    "damping",
)
"""Fields with one value for each joint."""
NOT_NEGATIVE = ("kp", "kd", "hold_kp", "hold_kd", "torque_limit")
"""Fields that may be zero and not less."""
POSITIVE = (
    "damping",
    "speed_limit",
    "target_speed_limit",
    "control_period",
    "gather_time",
    "rise_time",
    "sit_time",
    "tolerance",
    "patience",
    "max_tilt",
    "max_state_age",
    "max_command_age",
    "max_speed",
    "max_yaw_rate",
    "max_map_age",
    "position_margin",
    "speed_margin",
    "torque_margin",
    "max_target_step",
    "max_temperature",
    "min_battery",
)
"""Fields that must be more than zero."""
PER_JOINT_SENSORS = ("joint_position", "joint_velocity")
"""Inputs with one value for each joint."""
LARGEST = 3.4028234663852886e38
"""The largest 32-bit float."""
FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9]+)+")
"""A plain name: no folder, nothing hidden, nothing absolute."""
HASH = re.compile(r"[0-9a-f]{64}")
VERSION = re.compile(r"\d+\.\d+\.\d+")

Quantity = Dict[str, Any]
"""An input or output: "name", "shape" without the batch, "unit", and "frame" ("" where there is
none).

A sensor that samples a plane also has a "grid": the "start" and the "step" of each axis of its
shape, in metres of its frame.
"""


def _tuple_of(kind: type) -> Callable[[object], bool]:
    return lambda value: type(value) is tuple and all(type(item) is kind for item in value)


def is_name(value: object) -> bool:
    """Whether `value` is an identifier."""
    return type(value) is str and value.isidentifier()


def is_shape(value: object) -> bool:
    """Whether `value` is a list of positive sizes."""
    return type(value) is list and all(type(size) is int and size > 0 for size in value)


def is_grid(value: object, axes: int) -> bool:
    """Whether `value` is a start and a positive step for each of so many axes."""
    if type(value) is not dict or set(value) != {"start", "step"}:
        return False
    numbers = [
        number
        for part in value.values()
        if type(part) is list and len(part) == axes
        for number in part
    ]
    return (
        len(numbers) == 2 * axes
        and all(type(number) is float for number in numbers)
        and min(value["step"]) > 0
    )


KINDS: dict[str, Callable[[object], bool]] = {
    "int": lambda value: type(value) is int,
    "float": lambda value: type(value) is float,
    "str": lambda value: type(value) is str,
    "dict[str, object]": lambda value: type(value) is dict,
    "tuple[str, ...]": _tuple_of(str),
    "tuple[int, ...]": _tuple_of(int),
    "tuple[float, ...]": _tuple_of(float),
    "tuple[Quantity, ...]": _tuple_of(dict),
}
