"""Terminations: when an episode is over, and why.

The rules are the same wherever a robot climbs.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

FALL_COSINE = 0.42
"""Cosine of the tilt beyond which the robot has fallen: 65 degrees from the vertical."""
ARRIVED_COSINE = 0.85
"""Cosine of the largest tilt at which the robot has arrived."""


class End(IntEnum):
    """How an episode ended, or that it is still running."""

    RUNNING = 0
    ARRIVED = 1
    FALL = 2
    OFF_SIDE = 3
    """The base has left the flight by its side."""
    TIMEOUT = 4

    @property
    def label(self) -> str:
        """Name of the end in logs, results and `info["end"]`; empty while the episode goes on."""
        return self.name.lower() if self else ""


def ending(
    upright: ArrayLike,
    beyond: ArrayLike,
    lateral_offset: ArrayLike,
    half_width: ArrayLike,
    over_ground: ArrayLike,
    arrived_height: float,
    time_is_up: ArrayLike,
) -> NDArray[np.int64]:
    """The `End` of each episode, `End.RUNNING` while it goes on; arguments broadcast.

    Args:
        upright: cosine of the angle between the body's up axis and the vertical.
        beyond: distance of the base past the goal, along the flight [m].
        lateral_offset: offset of the base from the centre line, to either side [m].
        half_width: half of the flight's width [m].
        over_ground: height of the base over the ground [m].
        arrived_height: height over the ground that an arrived base exceeds [m]; a lower robot lies.
        time_is_up: whether the time limit has passed.
    """
    upright = np.asarray(upright)
    arrived = (
        (np.asarray(beyond) >= 0)
        & (upright > ARRIVED_COSINE)
        & (np.asarray(over_ground) > arrived_height)
    )
    end = np.where(time_is_up, End.TIMEOUT, End.RUNNING)
    end = np.where(arrived, End.ARRIVED, end)
    end = np.where(np.abs(lateral_offset) > half_width, End.OFF_SIDE, end)
    return np.where(upright < FALL_COSINE, End.FALL, end)


def failed(end: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the robot fell or left the flight by its side."""
    return (end == End.FALL) | (end == End.OFF_SIDE)
