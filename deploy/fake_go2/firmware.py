"""What the motor board does with a command: refuse it with a reason, or follow it until the next.

What the real firmware checks is not published. Checksum, head, level and mode are those that the
vendor's SDK sets; the ranges are the robot's own limits, and for gains three times the stiffest
that the SDK's examples use.
"""

import numpy as np
from numpy.typing import NDArray

from deploy.runtime.link import MotorCommand
from deploy.runtime.links import go2_layout
from deploy.runtime.links.go2_layout import MessageLayout
from deploy.runtime.links.go2_messages import (
    HEAD,
    LEAVE_POSITION,
    LEAVE_VELOCITY,
    LEVEL_LOW,
    LOW_CMD,
    MOTOR_ON,
)
from envs.robots.spec import RobotSpec

LARGEST_KP = 240.0
"""Largest position gain that the firmware accepts [N m/rad]."""
LARGEST_KD = 15.0
"""Largest velocity gain that the firmware accepts [N m s/rad]."""
SLACK = 0.05
"""Distance by which a position may pass its limit [rad]: a folded leg that is told to stay where it
is lies on its stops.
"""

Record = NDArray[np.void]


class RefusedCommandError(ValueError):
    """The message names why."""


class Firmware:
    """Reads commands for the first motors, which are the joints of `spec` in the vendor's order."""

    def __init__(self, spec: RobotSpec) -> None:
        self._layout = MessageLayout(LOW_CMD)
        self._joints = len(spec.joint_names)
        self._lower, self._upper, self._speed, self._torque = (
            np.array(part, np.float32)
            for part in (spec.lower, spec.upper, spec.speed_limit, spec.torque_limit)
        )

    def accept(self, data: bytes) -> MotorCommand:
        """What the motors are to do, with the gains of a term that is to be left alone at zero.

        Raises:
            RefusedCommandError: the message is damaged, or asks for what no motor may do.
        """
        try:
            record = self._layout.from_wire(data)
        except ValueError as error:
            raise RefusedCommandError("size") from error
        reason = _form(record) or self._range(record["motor_cmd"])
        if reason:
            raise RefusedCommandError(reason)
        joints = record["motor_cmd"][: self._joints]
        held = joints["q"] != np.float32(LEAVE_POSITION)
        moved = joints["dq"] != np.float32(LEAVE_VELOCITY)
        kp, kd = np.where(held, joints["kp"], 0), np.where(moved, joints["kd"], 0)
        return MotorCommand(
            position=np.where(held, joints["q"], 0),
            velocity=np.where(moved, joints["dq"], 0),
            torque=joints["tau"].copy(),
            kp=kp,
            kd=kd,
        )

    def _range(self, motors: Record) -> str | None:
        joints = motors[: self._joints]
        others = motors[self._joints :]
        held = (joints["kp"] > 0) & (joints["q"] != np.float32(LEAVE_POSITION))
        moved = (joints["kd"] > 0) & (joints["dq"] != np.float32(LEAVE_VELOCITY))
        rules = {
            "mode": joints["mode"] == MOTOR_ON,
            "not a number": np.isfinite([joints[name] for name in ("q", "dq", "tau", "kp", "kd")]),
            "motor that is not there": (others["kp"] == 0)
            & (others["kd"] == 0)
            & (others["tau"] == 0),
            "gain": (joints["kp"] >= 0)
            & (joints["kp"] <= LARGEST_KP)
            & (joints["kd"] >= 0)
            & (joints["kd"] <= LARGEST_KD),
            "torque": np.abs(joints["tau"]) <= self._torque,
            "position": ~held
            | ((joints["q"] >= self._lower - SLACK) & (joints["q"] <= self._upper + SLACK)),
            "velocity": ~moved | (np.abs(joints["dq"]) <= self._speed),
        }
        return next((name for name, kept in rules.items() if not kept.all()), None)


def _form(record: Record) -> str | None:
    if not go2_layout.is_sound(record):
        return "checksum"
    if tuple(record["head"]) != HEAD:
        return "head"
    return None if record["level_flag"] == LEVEL_LOW else "level"


def is_damping(command: MotorCommand) -> bool:
    """Whether a command does nothing but brake every joint."""
    return bool(
        (command.kp == 0).all()
        and (command.kd > 0).all()
        and (command.velocity == 0).all()
        and (command.torque == 0).all()
    )
