"""Weights of the rewards: the first thing that somebody who trains a robot changes."""

from dataclasses import dataclass
from typing import Annotated

from envs.settings import Within

_Weight = Annotated[float, Within(-1000.0, 1000.0)]


@dataclass(frozen=True)
class RewardWeights:
    """Weight of each term, per second; 0 leaves it out. What a term is: `envs/task/rewards.py`."""

    alive: _Weight = 0.5
    """1 in every step."""
    progress: _Weight = 2.5
    """Forward speed over the commanded speed, -1 to 1."""
    turning: _Weight = 1.0
    """How well the commanded yaw rate is followed, 0 to 1."""
    sideways: _Weight = 0.0
    """Square of the sideways speed [m2/s2]."""
    wobble: _Weight = 0.0
    """Square of the roll and pitch rates [rad2/s2]."""
    shock: _Weight = 0.0
    """Square of the change of the vertical speed in a step [m2/s2]."""
    roll: _Weight = 0.0
    """Square of the sine of the roll angle."""
    power: _Weight = 0.0
    """Mechanical power [W]."""
    load: _Weight = 0.0
    """Mean square of torque over peak torque."""
    jerk: _Weight = 0.0
    """Squared change of the smoothed action."""
    effort: _Weight = 0.0
    """Squared smoothed action."""
    arrival: _Weight = 8.0
    """Added once, on arrival: at least what going on for ever would pay, so that arriving is never
    a loss (4 a second x 0.02 s / (1 - 0.99) = 8 at 50 Hz).
    """
    fall: _Weight = -1.0
    """Added once, when the robot falls or leaves the stairs by the side."""
