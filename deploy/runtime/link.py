"""The seam between the control loop and a robot: what a robot says, what it is told, and whose
clock counts.

Single robot, arrays without a batch dimension, joints in the order of the bundle's manifest. Times
are seconds of the link's `Clock`.
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
"""Of a remote control."""


class LinkError(RuntimeError):
    """The robot cannot be reached or refuses; the message names the remedy."""

    status = 6


class Remote(NamedTuple):
    """The operator's remote control."""

    buttons: frozenset[str] = frozenset()
    """Those of `BUTTONS` that are held down."""
    forward: float = 0.0
    """Stick, -1..1, forward positive."""
    turn: float = 0.0
    """Stick, -1..1, left positive."""
    age: float = 0.0
    """How long before the robot's message the robot last heard of it [s]."""


class RobotState(NamedTuple):
    """One message of the robot."""

    tick: int
    """The robot's own counter; it stands still when the robot's firmware hangs."""
    received: float
    """When the message came in [s]."""
    quaternion: Array
    """Attitude of the base in the world, xyzw, (4,)."""
    angular_velocity: Array
    """Base frame [rad/s], (3,)."""
    joint_position: Array
    """[rad], (J,)."""
    joint_velocity: Array
    """[rad/s], (J,)."""
    joint_torque: Array
    """Estimated by the motor drivers [N m], (J,)."""
    temperature: Array
    """Of the motors [degC], (J,)."""
    battery: float
    """Charge, 0..1."""
    remote: Remote


class HeightMap(NamedTuple):
    """Ground around the robot on the grid of the manifest's sensor `height_map`."""

    received: float
    """When it came in [s]."""
    heights: Array
    """Above the base's origin [m], level frame, (X, Y); NaN: not seen."""


class MotorCommand(NamedTuple):
    """What the motor drivers are told: torque = kp (position - q) + kd (velocity - dq) + torque.
    Each (J,).
    """

    position: Array
    """[rad]."""
    velocity: Array
    """[rad/s]."""
    torque: Array
    """Feed-forward [N m]."""
    kp: Array
    """[N m/rad]."""
    kd: Array
    """[N m s/rad]."""


class Clock(Protocol):
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
        """Take the robot over from its own controllers. Raises LinkError if it does not let go, or
        is not there.
        """

    def state(self) -> RobotState | None:
        """The newest message; None before the first."""

    def height_map(self) -> HeightMap | None:
        """The newest map; None if there is none."""
