"""Robots with tracks: where the flippers are, and the schedule under the policy."""

import math
from dataclasses import dataclass
from typing import Annotated

from envs.settings import Within


@dataclass(frozen=True)
class TrackGeometry:
    """Flippers with a track around each, left and right in turn, and the drives of the tracks.

    The flippers are in the order of the joint names.
    """

    names: tuple[str, ...]
    """Names of the flippers."""
    axis_in_base: tuple[tuple[float, float, float], ...]
    """Positions of the flippers' axes in the base frame [m], (F, 3)."""
    length: float
    """Distance from a flipper's axis to the middle of its tip [m]."""
    radius: float
    """Radius of the track round the axis [m], where its sprocket is."""
    tip_radius: float
    """Radius of the track round the tip [m]."""
    tracks: tuple[str, ...]
    """Names of the drives: `left_track` turns the tracks of all flippers whose names end in `left`.
    """
    wheels: int
    """Number of wheels in a row that stand in for the track of one flipper."""
    wheel_mass: float
    """Mass of a wheel [kg]: its share of the track and its rollers, as a solid disc."""
    wheel_inertia: float
    """Share of the drive's rotor that a wheel carries, seen at its rim [kg]."""
    drive_inertia: float
    """Inertia of a drive, seen at the sprocket [kg m2]."""
    belly_grip: float
    """Friction of the hull relative to that of the tracks."""

    @property
    def corners(self) -> tuple[tuple[float, float, float], ...]:
        """Positions at which the flippers begin, in the base frame [m], (F, 3)."""
        return self.axis_in_base

    @property
    def lean(self) -> float:
        """Angle between a flipper's middle line and its track, which tapers [rad].

        A flipper at minus this angle lies flat on the ground.
        """
        return math.asin((self.radius - self.tip_radius) / self.length)


@dataclass(frozen=True)
class FlipperSchedule:
    """The schedule under the policy, and what the policy may change of it."""

    lift_range: Annotated[float, Within(0.0, 3.0)] = 1.0
    """Lift of a pair of flippers by an action of 1 [rad]."""
    twist_range: Annotated[float, Within(0.0, 3.0)] = 0.3
    """Difference between the flippers of a pair by an action of 1 [rad], to either side."""
    speed_range: Annotated[float, Within(0.0, 3.0)] = 0.3
    """Change of the tracks' speeds by an action of 1 [m/s]."""
    lowest: Annotated[float, Within(-3.0, 0.0)] = -0.7
    """Lowest angle of the schedule's flippers [rad]; the policy may go further."""
    highest: Annotated[float, Within(0.0, 3.0)] = 0.8
    """Highest angle of the schedule's flippers [rad]."""
    front_lift: Annotated[float, Within(0.0, 1.0)] = 0.1
    """Angle of the front flippers over flat ground [rad]: the robot turns on short tracks."""
    rear_lift: Annotated[float, Within(0.0, 1.0)] = 0.1
    """Angle of the rear flippers over flat ground [rad]."""
    rear_press: Annotated[float, Within(0.0, 2.0)] = 0.5
    """Angle by which the rear flippers push down on a slope, per rise over run [rad]."""
    reach: Annotated[tuple[float, ...], Within(0.01, 2.0)] = (
        0.12,
        0.17,
        0.22,
        0.27,
        0.32,
        0.37,
        0.42,
    )
    """Distances from a flipper's axis at which it looks at the ground [m].
    They end a little beyond the flipper's tip.
    """
    grip: Annotated[float, Within(0.05, 1.0)] = 0.4
    """Share of the speed difference between the tracks that turns the robot; the rest is slip.
    Measured with lifted flippers: 0.42 (tests/envs/physics/test_tracked_physics.py).
    """
    sharp_turn: Annotated[float, Within(0.05, 5.0)] = 0.6
    """Commanded yaw rate from which on the robot is slowed down most [rad/s]."""
    slowing: Annotated[float, Within(0.0, 1.0)] = 0.6
    """Share by which the robot is slowed down in a sharp turn.
    Tracks that both slip push the robot straight on, however fast each of them runs; it turns when
    one of them holds.
    """
    flipper_speed: Annotated[float, Within(0.01, 20.0)] = 1.0
    """Largest commanded speed of a flipper [rad/s], as published for MARV."""
    track_speed: Annotated[float, Within(0.01, 10.0)] = 1.0
    """Largest commanded speed of a track [m/s], as published for MARV."""
    action_smoothing: Annotated[float, Within(0.01, 1.0)] = 0.5
    """Share of a new action that takes effect in its own step; the rest follows geometrically."""
