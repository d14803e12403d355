"""The operators of E robots, in training as at a remote control.

They give the orders of an episode. Where its orders leave the yaw rate open, they keep a robot on
the centre line of its flight.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from envs.task.scenario import Order, Scenario

Array = NDArray[np.float64]

HEADING_GAIN = 1.5
"""Commanded yaw rate per heading error [1/s]."""
MAX_YAW_RATE = 0.6
"""Largest yaw rate that the operator commands to keep to the centre line [rad/s]."""


def yaw_rate(lateral_offset: ArrayLike, heading_error: ArrayLike) -> Array:
    """Yaw rate that steers robots back to the centre line, left positive [rad/s].

    Args:
        lateral_offset: offset from the centre line, left of the robot positive [m].
        heading_error: angle from the flight's direction to the robot's heading [rad].
    """
    return np.clip(
        HEADING_GAIN * (np.arctan2(-np.asarray(lateral_offset), 1.0) - np.asarray(heading_error)),
        -MAX_YAW_RATE,
        MAX_YAW_RATE,
    )


class Operator:
    """The operators of E robots.

    Attributes:
        steers: robots whose yaw rate the operator chooses, to keep them on the centre line, (E,).
        command: last command: forward speed [m/s], yaw rate [rad/s], (E, 2).
    """

    def __init__(self, count: int) -> None:
        self.steers = np.ones(count, dtype=bool)
        self.command = np.zeros((count, 2))
        self._order = np.zeros((count, 2))
        self._later: list[list[Order]] = [[] for _ in range(count)]
        self._due = np.full(count, np.inf)

    def begin(self, row: int, scenario: Scenario) -> None:
        """Take the orders of the episode that robot `row` starts."""
        self._later[row] = [Order(0.0, scenario.speed), *scenario.orders]
        self._take_order(row, 0.0)

    def _take_order(self, row: int, now: float) -> None:
        """Take the newest order of robot `row` that is due at `now` [s]."""
        later = self._later[row]
        while later and later[0].at <= now:
            order = later.pop(0)
            self._order[row] = order.speed, np.nan if order.yaw_rate is None else order.yaw_rate
        self._due[row] = later[0].at if later else np.inf
        self.steers[row] = np.isnan(self._order[row, 1])

    def steer(self, now: Array, lateral_offset: Array, heading_error: Array) -> Array:
        """Update `command` and return it.

        Args:
            now: time since the start of each episode [s], (E,).
            lateral_offset: offset from the centre line, left of the robot positive [m], (E,).
            heading_error: angle from the flight's direction to the robot's heading [rad], (E,).
        """
        for row in np.flatnonzero(self._due <= now).tolist():
            self._take_order(row, now[row])
        speed, ordered = self._order.T
        keeping = yaw_rate(lateral_offset, heading_error) * (speed > 0)
        self.command = np.stack([speed, np.where(self.steers, keeping, ordered)], 1)
        return self.command
