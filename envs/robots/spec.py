"""Robots as constants: every figure once, with its source, and joints bound by name.

The vendor's motor order is stated here and nowhere else; the simulator, the controller and the
exported bundle look joints up by these names.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

URDF_ROOT = Path(__file__).resolve().parents[2] / "urdf"


@dataclass(frozen=True)
class LegGeometry:
    """Where the legs are and how long. Order of legs: that of the joint names."""

    names: tuple[str, ...]
    hip_in_base: tuple[tuple[float, float, float], ...]
    """Hip joints in the base frame [m], (legs, 3)."""
    abduction: tuple[float, ...]
    """Signed sideways distance from hip joint to thigh joint [m], left positive."""
    thigh: float
    calf: float
    foot_radius: float

    @property
    def corners(self) -> tuple[tuple[float, float, float], ...]:
        """Where the legs begin, in the base frame [m], (legs, 3)."""
        return self.hip_in_base

    @property
    def opposite(self) -> tuple[int, ...]:
        """Of each leg, the leg on the other side: names end in R or L."""
        return tuple(
            self.names.index(name[:-1] + {"R": "L", "L": "R"}[name[-1]]) for name in self.names
        )


@dataclass(frozen=True)
class TrackGeometry:
    """Flippers with a track around each, and what drives the tracks. Order of flippers: that of the
    joint names.
    """

    names: tuple[str, ...]
    axis_in_base: tuple[tuple[float, float, float], ...]
    """Axes that the flippers turn about, in the base frame [m], (flippers, 3)."""
    length: float
    """From a flipper's axis to the middle of its tip [m]."""
    radius: float
    """Of the track round the axis [m]; there its sprocket is."""
    tip_radius: float
    """Of the track round the tip [m]."""
    tracks: tuple[str, ...]
    """Drives, by their joints: they turn the tracks of all flippers whose name ends as theirs
    does.
    """
    wheels: int
    """In a row, stand in for the track of one flipper."""
    wheel_mass: float
    """Of each wheel [kg]: its share of the track and its rollers, as a solid disc."""
    wheel_inertia: float
    """Of each wheel, seen at its rim [kg]: the share of the drive's rotor that it carries."""
    drive_inertia: float
    """Of a drive, seen at the sprocket [kg m2]."""
    drive_kd: float
    """Velocity gain of a track's drive [N m s/rad]."""
    belly_grip: float
    """Friction of the hull over that of the tracks."""

    @property
    def corners(self) -> tuple[tuple[float, float, float], ...]:
        """Where the flippers begin, in the base frame [m], (flippers, 3)."""
        return self.axis_in_base

    @property
    def lean(self) -> float:
        """Angle [rad] between a flipper's middle line and its track, which tapers: a flipper at
        minus this lies flat on the ground.
        """
        return math.asin((self.radius - self.tip_radius) / self.length)


@dataclass(frozen=True)
class RobotSpec:
    """One robot. Per-joint tuples follow `joint_names`, which is the vendor's motor order."""

    name: str
    urdf: Path
    joint_names: tuple[str, ...]
    lower: tuple[float, ...]
    """Joint limits [rad]."""
    upper: tuple[float, ...]
    torque_limit: tuple[float, ...]
    """Peak torque [N m] at standstill."""
    speed_limit: tuple[float, ...]
    """No-load speed [rad/s]: the torque-speed line meets zero here."""
    stance: tuple[float, ...]
    """Joint positions [rad] of the robot standing on flat ground."""
    kp: float
    """Position gain [N m/rad] of the motor driver."""
    kd: float
    """Velocity gain [N m s/rad] of the motor driver."""
    joint_friction: float
    """Coulomb friction of a joint [N m]."""
    rotor_inertia: float
    """Inertia of a motor's rotor seen at the joint [kg m2]."""
    mass: float
    """Whole robot [kg]."""
    stand_height: float
    """Base above the ground in `stance` [m]."""
    body_length: float
    """Overall length [m]; how far past the last edge an episode counts as done."""
    payload_links: tuple[str, ...]
    """Links at the corners of the trunk that carry a payload's mass."""
    limbs: LegGeometry | TrackGeometry
    physics_step: float = 0.005
    """[s]. Explicit PD control of a Go2's joints is stable at 5 ms with kp 50, kd 1, and rings at
    kp 70, kd 1.5.
    """
    ranges: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    """Rows of the randomisation table that are other for this robot: lowest, highest, nominal."""

    @property
    def legs(self) -> LegGeometry:
        """Raises TypeError: it has none."""
        if not isinstance(self.limbs, LegGeometry):
            raise TypeError(f"{self.name} has no legs")
        return self.limbs

    @property
    def tracks(self) -> TrackGeometry:
        """Raises TypeError: it has none."""
        if not isinstance(self.limbs, TrackGeometry):
            raise TypeError(f"{self.name} has no tracks")
        return self.limbs

    @property
    def drives(self) -> tuple[str, ...]:
        """The last of the joints: those that turn a track, and are no joints of the URDF."""
        return self.limbs.tracks if isinstance(self.limbs, TrackGeometry) else ()

    @property
    def joint_kp(self) -> tuple[float, ...]:
        """Position gain of each joint [N m/rad]; 0 of a track, which has a speed only."""
        return (self.kp,) * (len(self.joint_names) - len(self.drives)) + (0.0,) * len(self.drives)

    @property
    def joint_kd(self) -> tuple[float, ...]:
        """Velocity gain of each joint [N m s/rad]."""
        if not isinstance(self.limbs, TrackGeometry):
            return (self.kd,) * len(self.joint_names)
        return (self.kd,) * len(self.limbs.names) + (self.limbs.drive_kd,) * len(self.drives)
