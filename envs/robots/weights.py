"""Reward weights: the first thing to change when training a robot."""

from dataclasses import dataclass
from typing import Annotated

from envs.settings import Within

_Weight = Annotated[float, Within(-1000.0, 1000.0)]


@dataclass(frozen=True)
class RewardWeights:
    """Weights of the reward terms, per second; 0 leaves a term out.

    The terms are defined in `envs/task/rewards.py`.
    """

    alive: _Weight = 0.5
    """Weight of 1 in every step."""
    progress: _Weight = 2.5
    """Weight of the forward speed over the commanded speed, -1 to 1."""
    turning: _Weight = 1.0
    """Weight of how well the commanded yaw rate is followed, 0 to 1."""
    sideways: _Weight = 0.0
    """Weight of the squared sideways speed [m2/s2]."""
    wobble: _Weight = 0.0
    """Weight of the squared roll and pitch rates [rad2/s2]."""
    shock: _Weight = 0.0
    """Weight of the squared change of the vertical speed in a step [m2/s2]."""
    roll: _Weight = 0.0
    """Weight of the squared sine of the roll angle."""
    power: _Weight = 0.0
    """Weight of the mechanical power [W]."""
    load: _Weight = 0.0
    """Weight of the mean square of torque over peak torque."""
    jerk: _Weight = 0.0
    """Weight of the squared change of the smoothed action."""
    effort: _Weight = 0.0
    """Weight of the squared smoothed action."""
    arrival: _Weight = 8.0
    """Reward added once, on arrival, so that arriving is never a loss.
    It is at least what walking on for ever would pay (4 a second x 0.02 s / (1 - 0.99) = 8 at 50
    Hz).
    """
    fall: _Weight = -1.0
    """Reward added once, when the robot falls or leaves the stairs by the side."""
