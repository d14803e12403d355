"""What the motor driver and the gearbox do: from a joint command to the torque at the joint."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.robots import RobotSpec

Array = NDArray[np.float64]

FRICTION_SPEED = 0.3
"""Speed [rad/s] at which Coulomb friction is three quarters of its full value; sharper would ring at a physics step of 5 ms."""


class Command(NamedTuple):
    """What the motor driver is told, each (E, J): position [rad], velocity [rad/s], feed-forward torque [N m]."""

    position: Array
    velocity: Array
    torque: Array


class Actuators:
    """The drives of E robots. Per-episode deviations are plain arrays that the owner writes.

    Attributes:
        strength: factor on the torque limit, (E, J).
        kp, kd: gains, (E, J) [N m/rad, N m s/rad].
        zero_offset: error of the joint encoders [rad], (E, J): measured minus true.
    """

    def __init__(self, spec: RobotSpec, count: int) -> None:
        joints = len(spec.joint_names)
        self.strength = np.ones((count, joints))
        self.kp = np.full((count, joints), spec.kp)
        self.kd = np.full((count, joints), spec.kd)
        self.zero_offset = np.zeros((count, joints))
        self._limit = np.array(spec.torque_limit)
        self._speed = np.array(spec.speed_limit)
        self._friction = spec.joint_friction

    def torque(self, command: Command, position: Array, velocity: Array) -> tuple[Array, Array]:
        """Torque of the motor and torque at the joint, both [N m], (E, J), for true joint `position` and `velocity`.

        The driver servoes the measured position. The motor gives its peak torque up to half of its no-load speed, then less on a straight line to zero (the usual
        shape of a current- and voltage-limited motor); braking is limited by the peak only.
        """
        wanted = self.kp * (command.position - position - self.zero_offset) + self.kd * (command.velocity - velocity) + command.torque
        peak = self.strength * self._limit
        line = 2.0 * peak * (1.0 - np.abs(velocity) / self._speed)
        drive = np.clip(line, 0.0, peak)
        forward, backward = np.where(velocity > 0, drive, peak), np.where(velocity < 0, drive, peak)
        motor = np.clip(wanted, -backward, forward)
        return motor, motor - self._friction * np.tanh(velocity / FRICTION_SPEED)
