"""The flights of E robots, and where each robot is on its own flight."""

import numpy as np
from numpy.typing import NDArray

from envs import frames
from envs.task.scenario import Scenario
from envs.task.staircase import Terrain

Array = NDArray[np.float64]


class Course:
    """The flights of E robots.

    Attributes:
        terrain: their ground.
        heading: +1 of a robot that goes up, towards +x, -1 of one that goes down, (E,).
        half_width: of the flight [m], (E,); infinite for a robot that roams.
    """

    def __init__(self, count: int) -> None:
        self.terrain = Terrain(count)
        self.heading = np.ones(count)
        self.half_width = np.ones(count)
        self._goal = np.zeros(count)

    def place(self, row: int, scenario: Scenario, body_length: float) -> None:
        """Put the flight of `scenario` under robot `row`, which is `body_length` [m] long."""
        stairs = scenario.stairs
        self.terrain.place(row, stairs)
        self.heading[row] = stairs.heading
        self.half_width[row] = np.inf if scenario.roams else 0.5 * stairs.width
        self._goal[row] = (
            stairs.heading * np.inf if scenario.roams else scenario.goal_x(body_length)
        )

    def lateral_offset(self, position: Array) -> Array:
        """Offset of `position` (E, 3) [m] from the middle line to the robot's left [m], (E,)."""
        return self.heading * position[:, 1]

    def to_goal(self, position: Array) -> Array:
        """Distance from `position` (E, 3) [m] to the goal along the flight [m], (E,); negative
        beyond it, infinite for a robot that roams.
        """
        return self.heading * (self._goal - position[:, 0])

    def heading_error(self, yaw: Array) -> Array:
        """Angle from the flight's direction to the heading `yaw` (E,) [rad], (E,) [rad]."""
        return frames.wrap(yaw - np.where(self.heading > 0, 0.0, np.pi))

    def along(self, velocity: Array) -> Array:
        """Share of `velocity` (E, 3) [m/s] that goes along the flight [m/s], (E,)."""
        return self.heading * velocity[:, 0]

    def height_over(self, position: Array) -> Array:
        """Height of `position` (E, 3) [m] over the ground below it [m], (E,)."""
        ground = self.terrain.height(position[:, :1], position[:, 1:2])[:, 0]
        return position[:, 2] - ground
