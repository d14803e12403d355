"""The random errors of sensor readings, one random stream per robot.

Each number has noise and a bias, and cells of the height map are missing.
"""

import numpy as np
from numpy.typing import NDArray

from envs.task.randomization import Values

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

NOISES = ("gravity_noise", "gyro_noise", "position_noise", "velocity_noise", "map_noise")
"""Rows of the randomisation table with the noise of each part of a reading, in the parts' order."""
GYRO = 1
"""Index of the part that has a bias of its own: the angular velocity."""


class Noise:
    """Errors of E robots' readings.

    Args:
        count: number of robots, E.
        sizes: size of each part of a reading: gravity, angular velocity, joint positions, joint
            velocities, cells of the height map.
    """

    def __init__(self, count: int, sizes: tuple[int, ...]) -> None:
        self._sizes = sizes
        self._ends = np.cumsum(sizes)[:-1]
        self._noise: Floats = np.zeros((count, sum(sizes)), dtype=np.float32)
        self._scale = np.zeros_like(self._noise)
        self._bias = np.zeros_like(self._noise)
        self._missing: Floats = np.zeros(count, dtype=np.float32)
        self._chance: Floats = np.ones((count, sizes[-1]), dtype=np.float32)
        # Views of what is drawn anew at each reading, by robot: making a view takes as long as ten
        # random numbers.
        self._normal: list[Floats | None] = [None] * count
        self._uniform: list[Floats | None] = [None] * count

    def reset(self, row: int, values: Values, map_bias: Array) -> None:
        """Start an episode of robot `row` with its drawn `values`.

        `map_bias` is the error of each cell of its height map [m], (X, Y).
        """
        self._scale[row] = np.repeat([values[name][0] for name in NOISES], self._sizes)
        self._normal[row] = self._noise[row] if self._scale[row].any() else None
        self._bias[row] = 0.0
        self._bias[row, self._ends[GYRO - 1] : self._ends[GYRO]] = values["gyro_bias"]
        self._bias[row, self._ends[-1] :] = map_bias.ravel()
        self._missing[row] = values["map_missing"][0]
        self._uniform[row] = self._chance[row] if self._missing[row] > 0.0 else None

    def draw(self, rows: slice | list[int], generators: list[np.random.Generator]) -> list[Floats]:
        """New errors of the robots `rows`, part by part, (R, size) each.

        A robot without noise draws nothing.
        """
        for row in range(len(generators))[rows] if isinstance(rows, slice) else rows:
            normal = self._normal[row]
            uniform = self._uniform[row]
            if normal is not None:
                generators[row].standard_normal(out=normal, dtype=np.float32)
            if uniform is not None:
                generators[row].random(out=uniform, dtype=np.float32)
        error = self._noise[rows] * self._scale[rows] + self._bias[rows]
        return np.split(error, self._ends, axis=1)

    def missing(self, rows: slice | list[int]) -> NDArray[np.bool_]:
        """Which cells of the height maps of `rows` are missing in the last reading, (R, X Y)."""
        return self._chance[rows] < self._missing[rows, None]
