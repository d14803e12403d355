"""The operator of training, at a remote control: keeps the robot on the middle line of the flight."""

import numpy as np

from deploy.simulation.body import Truth
from deploy.simulation.senses import heading
from envs import frames, steering
from envs.staircase import Staircase


def yaw_rate(stairs: Staircase, truth: Truth) -> float:
    """What the operator commands [rad/s], left positive."""
    aside = stairs.heading * truth.position[1]
    return float(steering.yaw_rate(aside, frames.wrap(np.array(heading(truth) - stairs.yaw))))
