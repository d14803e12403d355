"""What is true of all robots that walk, or of all that roll on tracks.

A family is looked up by what its robots move on. Nothing else asks which robot it is.
"""

from envs.families.family import Family
from envs.families.legged import LEGGED
from envs.families.tracked import TRACKED
from envs.robots.legs import LegGeometry
from envs.robots.spec import RobotSpec
from envs.robots.tracks import TrackGeometry

_FAMILIES: dict[type, Family] = {LegGeometry: LEGGED, TrackGeometry: TRACKED}
BASELINES = tuple(dict.fromkeys(name for row in _FAMILIES.values() for name in row.baselines))
"""Names of the baselines of all families."""


def family(spec: RobotSpec) -> Family:
    """The family of the robot that `spec` describes."""
    return _FAMILIES[type(spec.limbs)]
