"""Sums over the running episodes of E robots."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from envs.task.rewards import Step

Array = NDArray[np.float64]


@dataclass
class Tally:
    """Sums and peaks since each robot's episode began; all (E,) but `terms`."""

    steps: NDArray[np.int64]
    """Number of control steps."""
    reward: Array
    """Sum of the rewards."""
    terms: Array
    """Sums of the weighted reward terms, (E, T)."""
    energy: Array
    """Mechanical work, |torque x speed| [J]."""
    distance: Array
    """Distance along the flight [m]."""
    pitch_rate: Array
    """Largest pitch rate so far [rad/s]."""
    jolt: Array
    """Largest change of the vertical speed in a control step so far [m/s]."""

    @classmethod
    def zero(cls, count: int, terms: int) -> Self:
        """The tally of `count` robots whose episodes have not begun."""
        return cls(
            steps=np.zeros(count, np.int64),
            reward=np.zeros(count),
            terms=np.zeros((count, terms)),
            energy=np.zeros(count),
            distance=np.zeros(count),
            pitch_rate=np.zeros(count),
            jolt=np.zeros(count),
        )

    def clear(self, row: int) -> None:
        """Reset the sums of robot `row`."""
        for total in vars(self).values():
            total[row] = 0

    def add(self, seen: Step, reward: Array, terms: Array, energy: Array, seconds: float) -> None:
        """Count a control step of `seconds` of all robots; `energy` [J] is its work, (E,)."""
        self.steps += 1
        self.reward += reward
        self.terms += terms
        self.energy += energy
        self.distance += seen.forward_speed * seconds
        np.maximum(self.pitch_rate, np.abs(seen.angular_velocity[:, 1]), out=self.pitch_rate)
        np.maximum(self.jolt, np.abs(seen.jolt), out=self.jolt)
