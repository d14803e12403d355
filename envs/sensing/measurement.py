"""From the true state to what the robot's sensors say: noise, bias, and a height map that is late,
tilted, shifted and full of holes.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from envs.programs.sensors import (
    MAP_X_COUNT,
    MAP_X_START,
    MAP_X_STEP,
    MAP_Y_COUNT,
    MAP_Y_START,
    MAP_Y_STEP,
    Sensors,
)
from envs.task.randomization import Values
from envs.task.staircase import Terrain

Array = NDArray[np.float64]

HISTORY = 4
"""Base poses kept for the map's delay: up to 3 control steps."""
DRIFT_LIMIT = 0.05
"""[m]."""
_CELLS = MAP_X_COUNT * MAP_Y_COUNT


class Truth(NamedTuple):
    """True state of E robots."""

    position: Array
    """Of the base's origin in the world [m], (E, 3)."""
    yaw: Array
    """Heading in the world [rad], (E,)."""
    gravity_in_base: Array
    angular_velocity_base_in_base: Array
    joint_position: Array
    joint_velocity: Array


class Sensing:
    """The sensors of E robots with J joints; each robot draws its noise from the generator of its
    own episode.
    """

    def __init__(self, count: int, joints: int, control_step: float) -> None:
        self._step = control_step
        self._split = np.cumsum([3, 3, joints, joints])
        self._noise = np.zeros((count, self._split[-1] + _CELLS), dtype=np.float32)
        self._scale = np.zeros_like(self._noise)
        self._bias = np.zeros_like(self._noise)
        self._missing = np.zeros(count, dtype=np.float32)
        self._chance = np.ones((count, _CELLS), dtype=np.float32)
        # What is drawn anew at each reading, by robot: a view each, as making one takes as long as
        # ten random numbers.
        self._normal: list[NDArray[np.float32] | None] = [None] * count
        self._uniform: list[NDArray[np.float32] | None] = [None] * count
        self._drift = np.zeros((count, 2))
        self._drift_speed = np.zeros((count, 2))
        self._delay = np.zeros(count, dtype=np.int64)
        self._poses = np.zeros((HISTORY, count, 4))
        self._x = MAP_X_START + MAP_X_STEP * np.arange(MAP_X_COUNT)
        self._y = MAP_Y_START + MAP_Y_STEP * np.arange(MAP_Y_COUNT)

    def reset(self, row: int, values: Values, position: Array, yaw: float) -> None:
        """Start an episode of robot `row` with its drawn `values`, at a base `position` [m] and
        heading [rad].
        """
        names = ("gravity_noise", "gyro_noise", "position_noise", "velocity_noise", "map_noise")
        widths = np.diff(self._split, prepend=0, append=self._noise.shape[1])
        self._scale[row] = np.repeat([values[name][0] for name in names], widths)
        self._normal[row] = self._noise[row] if self._scale[row].any() else None
        self._bias[row] = 0.0
        self._bias[row, 3:6] = values["gyro_bias"]
        tilt = values["map_tilt"]
        self._bias[row, self._split[-1] :] = (
            (values["map_offset"][0] + tilt[0] * self._x)[:, None] + tilt[1] * self._y
        ).ravel()
        self._missing[row] = values["map_missing"][0]
        self._uniform[row] = self._chance[row] if self._missing[row] > 0.0 else None
        self._drift[row] = 0.0
        self._drift_speed[row] = values["map_drift"]
        self._delay[row] = min(HISTORY - 1, round(values["map_delay"][0] / self._step))
        self._poses[:, row] = (*position, yaw)

    def measure(
        self,
        rows: slice | list[int],
        truth: Truth,
        zero_offset: Array,
        command: Array,
        terrain: Terrain,
        generators: list[np.random.Generator],
    ) -> Sensors:
        """One reading of the robots `rows`; all arguments are of all E robots.

        `zero_offset` (E, J) [rad] is added to joint positions; `command` (E, 2) passes through.
        """
        for row in range(len(generators))[rows] if isinstance(rows, slice) else rows:
            normal = self._normal[row]
            uniform = self._uniform[row]
            if normal is not None:
                generators[row].standard_normal(out=normal, dtype=np.float32)
            if uniform is not None:
                generators[row].random(out=uniform, dtype=np.float32)
        error = self._noise[rows] * self._scale[rows] + self._bias[rows]
        gravity, gyro, position, velocity, cells = np.split(error, self._split, axis=1)
        down = truth.gravity_in_base[rows] + gravity
        down /= np.sqrt(down[:, :1] ** 2 + down[:, 1:2] ** 2 + down[:, 2:] ** 2)
        heights = self._heights(rows, truth, terrain) + cells
        np.copyto(heights, np.nan, where=self._chance[rows] < self._missing[rows, None])
        return Sensors(
            gravity_in_base=_tensor(down),
            angular_velocity_base_in_base=_tensor(truth.angular_velocity_base_in_base[rows] + gyro),
            joint_position=_tensor(truth.joint_position[rows] + zero_offset[rows] + position),
            joint_velocity=_tensor(truth.joint_velocity[rows] + velocity),
            command=_tensor(command[rows]),
            height_map=_tensor(heights).reshape(-1, MAP_X_COUNT, MAP_Y_COUNT),
        )

    def _heights(self, rows: slice | list[int], truth: Truth, terrain: Terrain) -> Array:
        self._poses[1:, rows] = self._poses[:-1, rows]
        self._poses[0, rows, :3] = truth.position[rows]
        self._poses[0, rows, 3] = truth.yaw[rows]
        pose = self._poses[self._delay, np.arange(len(self._delay))][rows]
        drift = self._drift[rows] + self._drift_speed[rows] * self._step
        turned = np.abs(drift) > DRIFT_LIMIT
        self._drift_speed[rows] = np.where(
            turned, -np.sign(drift) * np.abs(self._drift_speed[rows]), self._drift_speed[rows]
        )
        self._drift[rows] = drift
        cosine = np.cos(pose[:, 3:])
        sine = np.sin(pose[:, 3:])
        x = (pose[:, :1] + drift[:, :1] + cosine * self._x)[:, :, None] - (sine * self._y)[:, None]
        y = (pose[:, 1:2] + drift[:, 1:] + sine * self._x)[:, :, None] + (cosine * self._y)[:, None]
        return (
            terrain.height(x.reshape(len(pose), -1), y.reshape(len(pose), -1), rows) - pose[:, 2:3]
        )


def _tensor(array: Array) -> torch.Tensor:
    return torch.from_numpy(array.astype(np.float32))
