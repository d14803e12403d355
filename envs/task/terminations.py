"""When an episode is over, and what came of it: the same rules wherever a robot climbs."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

ENDS = ("", "landing", "fall", "off_side", "timeout")
FALL_COSINE = 0.42
"""Of the angle between the body's up and the vertical: beyond 65 degrees the robot has fallen."""
ARRIVED_COSINE = 0.85


def ending(
    upright: ArrayLike,
    beyond: ArrayLike,
    aside: ArrayLike,
    half_width: ArrayLike,
    over_ground: ArrayLike,
    arrived_height: float,
    time_is_up: ArrayLike,
) -> NDArray[np.int64]:
    """Index into `ENDS`, 0 while the episode goes on; arguments broadcast.

    Args:
        upright: cosine of the angle between the body's up and the vertical.
        beyond: how far the base is past the goal, along the flight [m].
        aside: of the base from the middle of the flight [m], to either side.
        half_width: of the flight [m].
        over_ground: height of the base [m].
        arrived_height: the base must be over the ground by this much [m], or the robot lies and has
            not arrived.
        time_is_up: whether the time limit has passed.
    """
    upright = np.asarray(upright)
    arrived = (
        (np.asarray(beyond) >= 0)
        & (upright > ARRIVED_COSINE)
        & (np.asarray(over_ground) > arrived_height)
    )
    end = np.where(time_is_up, 4, 0)
    end = np.where(arrived, 1, end)
    end = np.where(np.abs(aside) > half_width, 3, end)
    return np.where(upright < FALL_COSINE, 2, end)
