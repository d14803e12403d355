"""Robots as constants: every figure once, with its source, and joints bound by name.

The vendor's motor order is stated here and nowhere else; the simulator, the controller and the exported bundle look joints up by these names.
"""

from dataclasses import dataclass
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
    def opposite(self) -> tuple[int, ...]:
        """Of each leg, the leg on the other side: names end in R or L."""
        return tuple(self.names.index(name[:-1] + {"R": "L", "L": "R"}[name[-1]]) for name in self.names)


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
    legs: LegGeometry


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
    legs=LegGeometry(
        names=("FR", "FL", "RR", "RL"),
        hip_in_base=((0.1934, -0.0465, 0.0), (0.1934, 0.0465, 0.0), (-0.1934, -0.0465, 0.0), (-0.1934, 0.0465, 0.0)),
        abduction=(-0.0955, 0.0955, -0.0955, 0.0955),
        thigh=0.213,
        calf=0.213,
        foot_radius=0.022,
    ),
)

ROBOTS = {spec.name: spec for spec in (GO2,)}
