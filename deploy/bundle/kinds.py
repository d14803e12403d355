"""What deployment needs to know of each kind of robot, in one table beside that of
`envs.families.kinds`; nothing else in `deploy` asks which robot it is.
"""

from collections.abc import Callable
from typing import NamedTuple

from deploy.bundle.twin import legged, tracked
from deploy.runtime.bundle.program import Artefact
from deploy.simulation.scene import FOLDED
from envs.programs.legged import MAX_TARGET_SPEED
from envs.programs.tracked import FLIPPER_SPEED, TRACK_SPEED
from envs.robots.spec import LegGeometry, RobotSpec, TrackGeometry

ROUNDING = 1 + 1e-5
"""A flipper's speed is a difference of two 32-bit angles over a control step."""


class Deployed(NamedTuple):
    """A row. Per-joint figures follow the spec's joint names."""

    twin: Callable[[bytes], Artefact]
    """Brings the second artefact to life."""
    folded: Callable[[RobotSpec], tuple[float, ...]]
    """Joints of a robot at rest on the ground [rad]."""
    target_speeds: Callable[[RobotSpec], tuple[float, ...]]
    """Largest joint velocities that the controller commands [rad/s]."""
    exchanged: Callable[[RobotSpec], list[int]]
    """Order of the joints with left and right exchanged."""


def _legged_exchange(spec: RobotSpec) -> list[int]:
    return [3 * leg + joint for leg in spec.legs.opposite for joint in range(3)]


def _track_speeds(spec: RobotSpec) -> tuple[float, ...]:
    tracks = spec.tracks
    return (ROUNDING * FLIPPER_SPEED,) * len(tracks.names) + (
        ROUNDING * TRACK_SPEED / tracks.radius,
    ) * len(tracks.tracks)


_TABLE: dict[type, Deployed] = {
    LegGeometry: Deployed(
        twin=legged.Twin,
        folded=lambda spec: FOLDED * len(spec.legs.names),
        target_speeds=lambda spec: (MAX_TARGET_SPEED,) * len(spec.joint_names),
        exchanged=_legged_exchange,
    ),
    # Flippers and tracks stand left and right in turn.
    TrackGeometry: Deployed(
        twin=tracked.Twin,
        folded=lambda spec: spec.stance,
        target_speeds=_track_speeds,
        exchanged=lambda spec: [joint ^ 1 for joint in range(len(spec.joint_names))],
    ),
}


def deployed(spec: RobotSpec) -> Deployed:
    """The row of the robot that `spec` is."""
    return _TABLE[type(spec.limbs)]
