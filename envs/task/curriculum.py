"""The curriculum: each robot has a level for going up and one for going down.

A robot moves up or down a level by how far it got.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from envs.settings import Within
from envs.task.staircase import RISER_RANGE


@dataclass(frozen=True)
class CurriculumConfig:
    """Heights of flights in training."""

    lowest: Annotated[float, Within(*RISER_RANGE)] = 0.03
    """Riser of the first level [m]."""
    highest: Annotated[float, Within(*RISER_RANGE)] = 0.25
    """Riser of the last level [m]."""
    step: Annotated[float, Within(0.001, 0.1)] = 0.02
    """Difference of the riser from one level to the next [m]."""
    promote: Annotated[float, Within(0.0, 1.0)] = 0.75
    """Share of the distance from which on a robot is promoted to a higher flight."""
    demote: Annotated[float, Within(0.0, 1.0)] = 0.40
    """Share of the distance below which a robot is demoted to a lower flight."""
    down: Annotated[float, Within(0.0, 1.0)] = 0.4
    """Share of episodes that go down, for a robot whose levels are alike in both directions.
    A direction that lags by more than two levels gets 0.2 more.
    """
    review: Annotated[float, Within(0.0, 1.0)] = 0.30
    """Share of episodes on a random level up to the robot's own, so that nothing is forgotten."""
    terraces: Annotated[float, Within(0.0, 1.0)] = 0.0
    """Share of flights whose treads are longer than those of a house, up to 1.2 m.
    On such a flight each step is climbed by itself.
    """

    @property
    def levels(self) -> int:
        """Number of levels."""
        return round((self.highest - self.lowest) / self.step) + 1

    def riser(self, level: int) -> float:
        """Riser of a level [m]."""
        return self.lowest + self.step * level


class Curriculum:
    """Levels of E robots, (E, 2): column 0 for up, column 1 for down."""

    def __init__(self, config: CurriculumConfig, count: int) -> None:
        self.config = config
        self.level: NDArray[np.int64] = np.zeros((count, 2), dtype=np.int64)

    def goes_down(self, row: int, rng: np.random.Generator) -> bool:
        """Whether the next episode of robot `row` goes down."""
        up, down = (int(level) for level in self.level[row])
        lag = int(up - down > 2) - int(down - up > 2)
        return bool(rng.random() < self.config.down + 0.2 * lag)

    def choose(self, row: int, down: bool, rng: np.random.Generator) -> tuple[int, bool]:
        """Level of the next episode of robot `row`, and whether it counts for promotion."""
        top = int(self.level[row, int(down)])
        if rng.random() < self.config.review:
            return int(rng.integers(top + 1)), False
        return top, True

    def report(self, row: int, down: bool, share: float) -> None:
        """Record that robot `row` covered the `share` (0..1) of its distance."""
        change = int(share >= self.config.promote) - int(share < self.config.demote)
        column = int(down)
        self.level[row, column] = np.clip(
            self.level[row, column] + change, 0, self.config.levels - 1
        )
