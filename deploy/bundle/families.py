"""What deployment needs to know of each family of robots, in one table beside that of
`envs.families`; nothing else in `deploy` asks which robot it is.
"""

from collections.abc import Callable
from typing import NamedTuple

from deploy.bundle.twin import legged, tracked
from deploy.runtime.bundle.program import Artefact
from envs.robots.legs import LegGeometry
from envs.robots.spec import RobotSpec
from envs.robots.tracks import TrackGeometry

ROUNDING = 1 + 1e-5
"""Factor for rounding: a flipper's speed is a difference of two angles of 32 bits."""


class DeployedFamily(NamedTuple):
    """A row. Per-joint figures follow the spec's joint names."""

    twin: Callable[[bytes], Artefact]
    """Brings the second artefact to life."""
    target_speeds: Callable[[RobotSpec], tuple[float, ...]]
    """Largest joint velocities that the controller commands [rad/s]."""
    exchanged: Callable[[RobotSpec], list[int]]
    """Order of the joints with left and right exchanged."""


def _legged_exchange(spec: RobotSpec) -> list[int]:
    order = spec.leg_order
    exchanged = [0] * len(order)
    for leg, other in enumerate(spec.legs.opposite):
        for joint in range(3):
            exchanged[order[3 * leg + joint]] = order[3 * other + joint]
    return exchanged


def _track_speeds(spec: RobotSpec) -> tuple[float, ...]:
    tracks = spec.tracks
    return (ROUNDING * spec.schedule.flipper_speed,) * len(tracks.names) + (
        ROUNDING * spec.schedule.track_speed / tracks.radius,
    ) * len(tracks.tracks)


_TABLE: dict[type, DeployedFamily] = {
    LegGeometry: DeployedFamily(
        twin=legged.LeggedTwin,
        target_speeds=lambda spec: (spec.trot.max_target_speed,) * len(spec.joint_names),
        exchanged=_legged_exchange,
    ),
    # Flippers and tracks stand left and right in turn.
    TrackGeometry: DeployedFamily(
        twin=tracked.TrackedTwin,
        target_speeds=_track_speeds,
        exchanged=lambda spec: [joint ^ 1 for joint in range(len(spec.joint_names))],
    ),
}


def deployed(spec: RobotSpec) -> DeployedFamily:
    """The row of the robot that `spec` is."""
    return _TABLE[type(spec.limbs)]
