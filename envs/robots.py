"""Robots as constants: every figure once, with its source, and joints bound by name.

The vendor's motor order is stated here and nowhere else; the simulator, the controller and the exported bundle look joints up by these names.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

URDF_ROOT = Path(__file__).resolve().parent.parent / "urdf"


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
        return tuple(self.names.index(name[:-1] + {"R": "L", "L": "R"}[name[-1]]) for name in self.names)


@dataclass(frozen=True)
class TrackGeometry:
    """Flippers with a track around each, and what drives the tracks. Order of flippers: that of the joint names."""

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
    """Drives, by their joints: they turn the tracks of all flippers whose name ends as theirs does."""
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
        """Angle [rad] between a flipper's middle line and its track, which tapers: a flipper at minus this lies flat on the ground."""
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
    """[s]. Explicit PD control of a Go2's joints is stable at 5 ms with kp 50, kd 1, and rings at kp 70, kd 1.5."""
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


def _per_leg(*values: float) -> tuple[float, ...]:
    return values * 4


# Source of the figures: unitree_ros go2_description (geometry, masses, limits); public MuJoCo models (joint friction 0.2 N m, rotor inertia 0.01 kg m2);
# Unitree SDK (motor order). Gains: stiff enough to carry a stair gait, inside the 20-80 N m/rad that is used on the robot.
GO2 = RobotSpec(
    name="go2",
    urdf=URDF_ROOT / "go2" / "go2.urdf",
    joint_names=tuple(f"{leg}_{joint}_joint" for leg in ("FR", "FL", "RR", "RL") for joint in ("hip", "thigh", "calf")),
    lower=(-1.0472, -1.5708, -2.7227) * 2 + (-1.0472, -0.5236, -2.7227) * 2,
    upper=(1.0472, 3.4907, -0.83776) * 2 + (1.0472, 4.5379, -0.83776) * 2,
    torque_limit=_per_leg(23.7, 23.7, 45.43),
    speed_limit=_per_leg(30.1, 30.1, 15.70),
    stance=_per_leg(0.0, 0.978, -1.956),
    kp=50.0,
    kd=0.9,
    joint_friction=0.2,
    rotor_inertia=0.01,
    mass=16.085,
    stand_height=0.26,
    body_length=0.70,
    payload_links=("FR_hip", "FL_hip", "RR_hip", "RL_hip"),
    limbs=LegGeometry(
        names=("FR", "FL", "RR", "RL"),
        hip_in_base=((0.1934, -0.0465, 0.0), (0.1934, 0.0465, 0.0), (-0.1934, -0.0465, 0.0), (-0.1934, 0.0465, 0.0)),
        abduction=(-0.0955, 0.0955, -0.0955, 0.0955),
        thigh=0.213,
        calf=0.213,
        foot_radius=0.022,
    ),
)

# Source of the figures: CTU-CRAS-NORLAB's MARV in the public osrf/subt models (geometry, masses, speeds, torque); what is our own assumption: urdf/tracked/README.md.
TRACKED = RobotSpec(
    name="tracked",
    urdf=URDF_ROOT / "tracked" / "tracked.urdf",
    joint_names=("front_left_flipper", "front_right_flipper", "rear_left_flipper", "rear_right_flipper", "left_track", "right_track"),
    lower=(-1.2,) * 4 + (-math.pi,) * 2,
    upper=(1.6,) * 4 + (math.pi,) * 2,
    torque_limit=(120.0,) * 4 + (70.0,) * 2,
    speed_limit=(3.0,) * 4 + (17.2,) * 2,
    stance=(-0.127,) * 4 + (0.0,) * 2,
    kp=600.0,
    kd=30.0,
    joint_friction=1.0,
    rotor_inertia=0.4,
    mass=61.066,
    stand_height=0.1165,
    body_length=1.275,
    payload_links=("front_left_wheel_0", "front_right_wheel_0", "rear_left_wheel_0", "rear_right_wheel_0"),
    limbs=TrackGeometry(
        names=("front_left", "front_right", "rear_left", "rear_right"),
        axis_in_base=((0.256, 0.248, 0.0), (0.256, -0.248, 0.0), (-0.256, 0.248, 0.0), (-0.256, -0.248, 0.0)),
        length=0.3035,
        radius=0.1165,
        tip_radius=0.078,
        tracks=("left_track", "right_track"),
        wheels=9,
        wheel_mass=1.595 / 9,
        wheel_inertia=10.0,
        drive_inertia=2.72,
        drive_kd=140.0,
        belly_grip=0.35,
    ),
    physics_step=0.01,
    # Friction: 1 in the public MuJoCo model of MARV, a quarter more or less. Bullet's wheels have no cleats that hook into an edge:
    # tracks that lie along a flight slip on it where its slope is steeper than friction holds. A heavier robot carries more; slow joints are measured by slow gyros and encoders of a finer scale.
    ranges={"friction": (0.75, 1.25, 1.0), "payload": (-3.0, 12.0, 0.0), "velocity_noise": (0.0, 0.1, 0.0)},
)

ROBOTS = {spec.name: spec for spec in (GO2, TRACKED)}
