"""Pushes during an episode: when, how hard and from where."""

import numpy as np
from numpy.typing import NDArray

PUSH_EVERY = (3.0, 6.0)
"""Shortest and longest time between two pushes [s]."""

Push = tuple[int, tuple[float, float, float]]
"""Row of a robot, and the change of its base's velocity in the world [m/s]."""


class Pushes:
    """The pushes of E robots, each drawn from the generator of its robot's own episode."""

    def __init__(self, count: int, control_step: float) -> None:
        self._first, self._last = (round(seconds / control_step) for seconds in PUSH_EVERY)
        self._most = np.zeros(count)
        self._steps_left: NDArray[np.int64] = np.zeros(count, dtype=np.int64)

    def begin(self, row: int, most: float, generator: np.random.Generator) -> None:
        """Start an episode of robot `row` with pushes of up to `most` [m/s]."""
        self._most[row] = most
        self._steps_left[row] = generator.integers(self._first, self._last)

    def due(self, generators: list[np.random.Generator]) -> list[Push]:
        """The pushes of this control step. Call it once per control step."""
        self._steps_left -= 1
        found: list[Push] = []
        for row in np.flatnonzero(self._steps_left <= 0).tolist():
            generator = generators[row]
            self._steps_left[row] = generator.integers(self._first, self._last)
            speed = generator.uniform(0, self._most[row])
            angle = generator.uniform(-np.pi, np.pi)
            if speed > 0.0:
                found.append((row, (speed * np.cos(angle), speed * np.sin(angle), 0.0)))
        return found
