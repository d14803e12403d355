"""The seam between the control loop and a robot: what a robot says, what it is told, and whose
clock counts.

Single robot, arrays without a batch dimension, joints in the order of the bundle's manifest. Times
are seconds of the link's `LinkClock`.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
BUTTONS = (
    "A",
    "B",
    "X",
    "Y",
    "L1",
    "L2",
    "R1",
    "R2",
    "start",
    "select",
    "up",
    "down",
    "left",
    "right",
)
"""Buttons of a remote control."""


class LinkError(RuntimeError):
    """The robot cannot be reached or refuses; the message names the remedy."""

    status = 6
    """Exit status of a command that ends with it."""


class Remote(NamedTuple):
    """The operator's remote control."""

    buttons: frozenset[str] = frozenset()
    """Buttons of `BUTTONS` that are held down."""
    forward: float = 0.0
    """Stick for the speed, -1..1, forward positive."""
    turn: float = 0.0
    """Stick for the yaw rate, -1..1, left positive."""
    age: float = 0.0
    """Time from the remote control's newest word to the robot's message [s]."""


class RobotState(NamedTuple):
    """One message of the robot."""

    tick: int
    """The robot's own counter; it stands still when the robot's firmware hangs."""
    received: float
    """Time at which the message came in [s]."""
    quaternion: Array
    """Attitude of the base in the world, xyzw, (4,)."""
    angular_velocity: Array
    """Angular velocity of the base in its own frame [rad/s], (3,)."""
    joint_position: Array
    """Joint positions [rad], (J,)."""
    joint_velocity: Array
    """Joint velocities [rad/s], (J,)."""
    joint_torque: Array
    """Joint torques as the motor drivers estimate them [N m], (J,)."""
    temperature: Array
    """Temperatures of the motors [degC], (J,)."""
    battery: float
    """Charge of the battery, 0..1."""
    remote: Remote
    """The operator's remote control, as the robot hears it."""


class HeightMapMessage(NamedTuple):
    """Ground around the robot on the grid of the manifest's sensor `height_map`."""

    received: float
    """Time at which it came in [s]."""
    heights: Array
    """Heights above the base's origin [m], level frame, (X, Y); NaN: not seen."""


class MotorCommand(NamedTuple):
    """Command to the motor drivers of one robot, each field (J,).

    Torque of a motor at q and dq: kp (position - q) + kd (velocity - dq) + torque. The controller's
    own `JointCommand` is the same for a batch of robots, in tensors.
    """

    position: Array
    """Target positions [rad]."""
    velocity: Array
    """Target velocities [rad/s]."""
    torque: Array
    """Feed-forward torques [N m]."""
    kp: Array
    """Position gains [N m/rad]."""
    kd: Array
    """Velocity gains [N m s/rad]."""


class LinkClock(Protocol):
    """Time, real or simulated."""

    def now(self) -> float:
        """Seconds, never going back."""

    def sleep_until(self, deadline: float) -> None:
        """Return at `deadline` [s] or at once if it has passed."""


class Writer(Protocol):
    """A second way in that can only command: what the deadman process has."""

    def send(self, command: MotorCommand) -> None:
        """Hand `command` to the motor drivers. Raises LinkError if that is impossible."""

    def close(self) -> None:
        """Give the connection up. Does not move the robot, and does not stop it either."""


class Link(Writer, Protocol):
    """A connection to one robot. Reading never blocks."""

    def start(self) -> None:
        """Take the robot over from its own controllers. Raises LinkError if that is impossible."""

    def state(self) -> RobotState | None:
        """The newest message; None before the first."""

    def height_map(self) -> HeightMapMessage | None:
        """The newest map; None if there is none."""
