"""The motor drivers and gearboxes: from a joint command to the torque at the joint."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.robots.spec import RobotSpec

Array = NDArray[np.float64]

FRICTION_SPEED = 0.3
"""Speed at which Coulomb friction is three quarters of its full value [rad/s].

A sharper rise would ring at a physics step of 5 ms.
"""


class Command(NamedTuple):
    """The command of the motor drivers of E robots with J joints."""

    position: Array
    """Target positions of the joints [rad], (E, J)."""
    velocity: Array
    """Target velocities of the joints [rad/s], (E, J)."""
    torque: Array
    """Feed-forward torques [N m], (E, J)."""


class Actuators:
    """The motor drives of E robots with J joints.

    The deviations of an episode are plain arrays that the owner writes.

    Attributes:
        strength: factor on the torque limit, (E, J).
        kp, kd: gains, (E, J) [N m/rad, N m s/rad].
        zero_offset: error of the joint encoders, measured minus true [rad], (E, J).
    """

    def __init__(self, spec: RobotSpec, count: int) -> None:
        joints = len(spec.joint_names)
        self.strength = np.ones((count, joints))
        self.kp = np.tile(spec.kp, (count, 1))
        self.kd = np.tile(spec.kd, (count, 1))
        self.zero_offset = np.zeros((count, joints))
        self._limit = np.array(spec.torque_limit)
        self._speed = np.array(spec.speed_limit)
        self._friction = np.array(spec.joint_friction)

    def wanted_at_rest(self, command: Command) -> Array:
        """The part of the driver's torque that does not depend on the joint state [N m], (E, J)."""
        return (
            self.kp * (command.position - self.zero_offset)
            + self.kd * command.velocity
            + command.torque
        )

    def torque(
        self, rows: int | slice, at_rest: Array, position: Array, velocity: Array
    ) -> tuple[Array, Array]:
        """Torque of the motors and torque at the joints of the robots `rows` [N m].

        `position` and `velocity` are those of the true joint state. All arrays are (R, J), or (J,)
        for one robot.

        The motor gives its peak torque up to half of its no-load speed. Above, the limit falls on a
        straight line that passes zero at the no-load speed: a joint that is driven faster is
        braked, because the voltage cannot hold the current up (the usual shape of a current- and
        voltage-limited motor). Braking is limited by the peak only.
        """
        peak = self.strength[rows] * self._limit
        twice = peak + peak
        fall = twice / self._speed * velocity
        highest = np.minimum(np.maximum(twice - fall, -peak), peak)
        lowest = np.minimum(np.maximum(twice + fall, -peak), peak)
        wanted = at_rest - self.kp[rows] * position - self.kd[rows] * velocity
        motor = np.minimum(np.maximum(wanted, -lowest), highest)
        return motor, motor - self._friction * np.tanh(velocity / FRICTION_SPEED)
