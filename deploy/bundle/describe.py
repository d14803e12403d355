"""What a manifest says of a robot and of the program's seam."""

from dataclasses import asdict
from typing import Any

from deploy.bundle.families import deployed
from deploy.runtime.bundle.fields import Quantity
from envs.programs.sensors import (
    MAP_X_COUNT,
    MAP_X_START,
    MAP_X_STEP,
    MAP_Y_COUNT,
    MAP_Y_START,
    MAP_Y_STEP,
)
from envs.robots.spec import RobotSpec


def facts(spec: RobotSpec) -> dict[str, Any]:
    """The fields of a manifest that follow from the robot and the controller."""
    joints = len(spec.joint_names)
    row = deployed(spec)
    return {
        "robot": spec.name,
        "joint_names": spec.joint_names,
        "motor_index": tuple(range(joints)),
        "lower": spec.lower,
        "upper": spec.upper,
        "torque_limit": spec.torque_limit,
        "speed_limit": spec.speed_limit,
        "target_speed_limit": row.target_speeds(spec),
        "stance": spec.stance,
        "folded": spec.folded,
        "kp": spec.kp,
        "kd": spec.kd,
        "control_period": spec.control_step,
        **asdict(spec.handling),
        "sensors": _sensors(joints),
        "commands": _commands(joints),
    }


def _sensors(joints: int) -> tuple[Quantity, ...]:
    grid = {"start": [MAP_X_START, MAP_Y_START], "step": [MAP_X_STEP, MAP_Y_STEP]}
    return (
        _quantity(name="gravity_in_base", shape=[3], unit="1", frame="base"),
        _quantity(name="angular_velocity_base_in_base", shape=[3], unit="rad/s", frame="base"),
        _quantity(name="joint_position", shape=[joints], unit="rad", frame=""),
        _quantity(name="joint_velocity", shape=[joints], unit="rad/s", frame=""),
        _quantity(name="command", shape=[2], unit="m/s, rad/s", frame="level"),
        _quantity(name="height_map", shape=[MAP_X_COUNT, MAP_Y_COUNT], unit="m", frame="level")
        | {"grid": grid},
    )


def _commands(joints: int) -> tuple[Quantity, ...]:
    units = {
        "position": "rad",
        "velocity": "rad/s",
        "torque": "N m",
        "kp": "N m/rad",
        "kd": "N m s/rad",
    }
    return tuple(
        _quantity(name=name, shape=[joints], unit=unit, frame="") for name, unit in units.items()
    )


def _quantity(name: str, shape: list[int], unit: str, frame: str) -> Quantity:
    return {"name": name, "shape": shape, "unit": unit, "frame": frame}
