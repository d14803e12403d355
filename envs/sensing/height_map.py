"""Height maps that are late, shifted by a drift, and tilted."""

import numpy as np
from numpy.typing import NDArray

from envs.programs.sensors import (
    MAP_X_COUNT,
    MAP_X_START,
    MAP_X_STEP,
    MAP_Y_COUNT,
    MAP_Y_START,
    MAP_Y_STEP,
)
from envs.task.randomization import Values
from envs.task.staircase import Terrain

Array = NDArray[np.float64]

CELLS = MAP_X_COUNT * MAP_Y_COUNT
"""Number of cells of a height map."""
HISTORY = 4
"""Number of base poses kept for the map's delay: up to 3 control steps."""
DRIFT_LIMIT = 0.05
"""Shift at which the drift turns back [m]."""
X = MAP_X_START + MAP_X_STEP * np.arange(MAP_X_COUNT)
"""x of the cells in the level frame [m], (29,)."""
Y = MAP_Y_START + MAP_Y_STEP * np.arange(MAP_Y_COUNT)
"""y of the cells in the level frame [m], (7,)."""


def tilt_and_offset(values: Values) -> Array:
    """Error of each cell of a map in an episode with these drawn `values` [m], (X, Y)."""
    tilt = values["map_tilt"]
    return (values["map_offset"][0] + tilt[0] * X)[:, None] + tilt[1] * Y


class HeightMaps:
    """The height maps of E robots, each as seen from a delayed and drifting pose.

    Args:
        count: number of robots, E.
        control_step: time between two readings [s].
    """

    def __init__(self, count: int, control_step: float) -> None:
        self._step = control_step
        self._drift = np.zeros((count, 2))
        self._drift_speed = np.zeros((count, 2))
        self._delay = np.zeros(count, dtype=np.int64)
        self._poses = np.zeros((HISTORY, count, 4))

    def reset(self, row: int, values: Values, position: Array, yaw: float) -> None:
        """Start an episode of robot `row` with its drawn `values`.

        Args:
            row: index of the robot.
            values: drawn values of the episode.
            position: position of the base in the world [m], (3,).
            yaw: heading in the world [rad].
        """
        self._drift[row] = 0.0
        self._drift_speed[row] = values["map_drift"]
        self._delay[row] = min(HISTORY - 1, round(values["map_delay"][0] / self._step))
        self._poses[:, row] = (*position, yaw)

    def heights(
        self, rows: slice | list[int], position: Array, yaw: Array, terrain: Terrain
    ) -> Array:
        """Height of the ground above the bases' origins [m], (R, X Y), for the robots `rows`.

        Args:
            rows: the robots that are read, R of them.
            position: positions of their bases in the world now [m], (R, 3).
            yaw: their headings in the world now [rad], (R,).
            terrain: the ground of all robots.
        """
        self._poses[1:, rows] = self._poses[:-1, rows]
        self._poses[0, rows, :3] = position
        self._poses[0, rows, 3] = yaw
        pose = self._poses[self._delay, np.arange(len(self._delay))][rows]
        drift = self._drifted(rows)
        cosine, sine = np.cos(pose[:, 3:]), np.sin(pose[:, 3:])
        x = (pose[:, :1] + drift[:, :1] + cosine * X)[:, :, None] - (sine * Y)[:, None]
        y = (pose[:, 1:2] + drift[:, 1:] + sine * X)[:, :, None] + (cosine * Y)[:, None]
        ground = terrain.height(x.reshape(len(pose), -1), y.reshape(len(pose), -1), rows)
        return ground - pose[:, 2:3]

    def _drifted(self, rows: slice | list[int]) -> Array:
        """Shift of the maps in x and y at this reading [m], (R, 2); it turns back at the limit."""
        drift = self._drift[rows] + self._drift_speed[rows] * self._step
        turned = np.abs(drift) > DRIFT_LIMIT
        self._drift_speed[rows] = np.where(
            turned, -np.sign(drift) * np.abs(self._drift_speed[rows]), self._drift_speed[rows]
        )
        self._drift[rows] = drift
        return drift
