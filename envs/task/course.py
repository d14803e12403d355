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
        terrain: the ground of all robots.
        heading: +1 for a robot that goes up, towards +x, -1 for one that goes down, (E,).
        half_width: half of the flight's width [m], (E,); infinite for a robot that roams.
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
        """Lateral offset from the centre line, left of the robot positive [m], (E,).

        `position` is that of the bases in the world [m], (E, 3).
        """
        return self.heading * position[:, 1]

    def to_goal(self, position: Array) -> Array:
        """Distance to the goal along the flight [m], (E,).

        Negative beyond the goal, infinite for a robot that roams. `position` is that of the bases
        in the world [m], (E, 3).
        """
        return self.heading * (self._goal - position[:, 0])

    def heading_error(self, yaw: Array) -> Array:
        """Angle from the flight's direction to the robot's heading `yaw` (E,) [rad], (E,)."""
        return frames.wrap(yaw - np.where(self.heading > 0, 0.0, np.pi))

    def along(self, velocity: Array) -> Array:
        """Component of `velocity` (E, 3) [m/s] along the flight [m/s], (E,)."""
        return self.heading * velocity[:, 0]

    def height_over(self, position: Array) -> Array:
        """Height of `position` (E, 3) over the ground below it [m], (E,)."""
        ground = self.terrain.height(position[:, :1], position[:, 1:2])[:, 0]
        return position[:, 2] - ground
