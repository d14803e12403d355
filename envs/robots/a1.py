"""Unitree A1.

Source of the figures: the URDF of pybullet_data (geometry, masses, limits of the joints); torques
and speeds of the motors from Unitree's data sheet (33.5 N m, 21 rad/s). Rotor inertia and friction
are a Go2's, gains are a Go2's in proportion to the mass: nobody has measured them for this model.
"""

from dataclasses import replace
from pathlib import Path

import pybullet_data

from envs.robots.go2 import GO2
from envs.robots.legs import LegGeometry, TrotGait
from envs.robots.spec import RobotSpec

LEGS = ("FR", "FL", "RR", "RL")
JOINTS = tuple((f"{leg}_hip_joint", f"{leg}_upper_joint", f"{leg}_lower_joint") for leg in LEGS)


def _per_leg(hip: float, thigh: float, calf: float) -> tuple[float, ...]:
    return (hip, thigh, calf) * len(LEGS)


A1 = RobotSpec(
    name="a1",
    history=("the first version",),
    urdf=Path(pybullet_data.getDataPath()) / "a1" / "a1.urdf",
    joint_names=tuple(name for leg in JOINTS for name in leg),
    lower=_per_leg(hip=-0.802851, thigh=-1.047198, calf=-2.696534),
    upper=_per_leg(hip=0.802851, thigh=4.18879, calf=-0.916298),
    torque_limit=_per_leg(hip=33.5, thigh=33.5, calf=33.5),
    speed_limit=_per_leg(hip=21.0, thigh=21.0, calf=21.0),
    stance=_per_leg(hip=0.0, thigh=0.95, calf=-1.9),
    folded=_per_leg(hip=0.0, thigh=1.3, calf=-2.6),
    kp=_per_leg(hip=40.0, thigh=40.0, calf=40.0),
    kd=_per_leg(hip=0.8, thigh=0.8, calf=0.8),
    joint_friction=GO2.joint_friction,
    rotor_inertia=GO2.rotor_inertia,
    mass=12.458,
    stand_height=0.2527,
    arrived_height=0.14,
    body_length=0.6,
    payload_links=("FR_hip", "FL_hip", "RR_hip", "RL_hip"),
    limbs=LegGeometry(
        names=LEGS,
        joints=JOINTS,
        opposite=(1, 0, 3, 2),
        hip_in_base=(
            (0.183, -0.047, 0.0),
            (0.183, 0.047, 0.0),
            (-0.183, -0.047, 0.0),
            (-0.183, 0.047, 0.0),
        ),
        abduction=(-0.08505, 0.08505, -0.08505, 0.08505),
        thigh=0.2,
        calf=0.2,
        foot_radius=0.02,
    ),
    gait=TrotGait(foot_range=(0.11, 0.11, 0.14), shift=0.0),
    handling=replace(GO2.handling, hold_kp=(50.0,) * 12, hold_kd=(1.5,) * 12),
    rewards=GO2.rewards,
)
