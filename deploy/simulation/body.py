"""What a physics engine offers to whoever plays the robot: motor drivers that take commands, and
the truth about the body.
"""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from deploy.runtime.link import MotorCommand

Array = NDArray[np.float64]


class Truth(NamedTuple):
    """True state of one robot; joints in the order of the robot's spec."""

    position: Array
    """Position of the base's origin in the world [m], (3,)."""
    quaternion: Array
    """Attitude of the base in the world, xyzw, (4,)."""
    velocity: Array
    """Velocity of the base's origin in the world [m/s], (3,)."""
    angular_velocity: Array
    """Angular velocity of the base in its own frame [rad/s], (3,)."""
    joint_position: Array
    """Joint positions [rad], (J,)."""
    joint_velocity: Array
    """Joint velocities [rad/s], (J,)."""
    joint_torque: Array
    """Torques of the motors in the last physics step [N m], (J,)."""


class Body(Protocol):
    """One robot on one staircase in some physics engine."""

    period: float
    """Time of a physics step [s]."""

    def advance(self, command: MotorCommand) -> None:
        """One physics step with the motor drivers following `command`: PD law, torque-speed line,
        joint friction as `envs.physics.motors` has them.
        """

    def truth(self) -> Truth:
        """The state now."""

    def heights(self) -> Array:
        """True ground above the base's origin on the controller's grid [m], level frame, (X, Y)."""

    def push(self, velocity: Array) -> None:
        """Change the base's velocity by `velocity` [m/s] in the world, (3,)."""

    def close(self) -> None:
        """Free the engine."""
