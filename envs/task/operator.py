"""The operator who keeps a robot on the middle line of its flight, in training as at a remote
control.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

GAIN = 1.5
MOST = 0.6
"""[1/s], [rad/s]."""


def yaw_rate(aside: ArrayLike, away: ArrayLike) -> NDArray[np.float64]:
    """What the operator commands [rad/s], left positive, to robots `aside` of the middle to their
    left [m] that head `away` from the flight's direction [rad].
    """
    return np.clip(GAIN * (np.arctan2(-np.asarray(aside), 1.0) - np.asarray(away)), -MOST, MOST)
