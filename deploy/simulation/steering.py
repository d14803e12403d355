"""The operator of training, at a remote control: keeps the robot on the middle line of the flight."""

import numpy as np

from deploy.simulation.body import Truth
from deploy.simulation.senses import heading
from envs import frames
from envs.staircase import Staircase

GAIN, MOST = 1.5, 0.6
"""[1/s], [rad/s]."""


def yaw_rate(stairs: Staircase, truth: Truth) -> float:
    """What the operator commands [rad/s], left positive."""
    aside = stairs.heading * truth.position[1]
    away = frames.wrap(np.array(heading(truth) - (0.0 if stairs.heading > 0 else np.pi)))
    return float(np.clip(GAIN * (np.arctan2(-aside, 1.0) - away), -MOST, MOST))
