"""The operators of E robots, in training as at a remote control: they give the orders of an
episode, and keep a robot on the middle line of its flight where its orders leave that open.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from envs.task.scenario import Order, Scenario

Array = NDArray[np.float64]

HEADING_GAIN = 1.5
MAX_YAW_RATE = 0.6
"""[1/s], [rad/s]."""


def yaw_rate(lateral_offset: ArrayLike, heading_error: ArrayLike) -> Array:
    """What the operator commands [rad/s], left positive, to robots `lateral_offset` of the middle to their
    left [m] that head `heading_error` from the flight's direction [rad].
    """
    return np.clip(
        HEADING_GAIN * (np.arctan2(-np.asarray(lateral_offset), 1.0) - np.asarray(heading_error)),
        -MAX_YAW_RATE,
        MAX_YAW_RATE,
    )


class Operator:
    """Steers E robots.

    Attributes:
        steers: whose yaw rate the operator chooses, to keep the robot on the middle line, (E,).
        command: what was said last: forward speed [m/s], yaw rate [rad/s], (E, 2).
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
        """Take the newest order that is due at `now` [s]."""
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
            lateral_offset: offset from the middle line to the robot's left [m], (E,).
            heading_error: heading of the robot from the direction of its flight [rad], (E,).
        """
        for row in np.flatnonzero(self._due <= now).tolist():
            self._take_order(row, now[row])
        speed, ordered = self._order.T
        keeping = yaw_rate(lateral_offset, heading_error) * (speed > 0)
        self.command = np.stack([speed, np.where(self.steers, keeping, ordered)], 1)
        return self.command
