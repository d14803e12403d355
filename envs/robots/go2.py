"""Unitree Go2."""

from envs.robots.spec import URDF_ROOT, LegGeometry, RobotSpec


def _per_leg(*values: float) -> tuple[float, ...]:
    return values * 4


# Source of the figures: unitree_ros go2_description (geometry, masses, limits); public MuJoCo
# models (joint friction 0.2 N m, rotor inertia 0.01 kg m2); Unitree SDK (motor order). Gains: stiff
# enough to carry a stair gait, inside the 20-80 N m/rad that is used on the robot.
GO2 = RobotSpec(
    name="go2",
    urdf=URDF_ROOT / "go2" / "go2.urdf",
    joint_names=tuple(
        f"{leg}_{joint}_joint"
        for leg in ("FR", "FL", "RR", "RL")
        for joint in ("hip", "thigh", "calf")
    ),
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
        hip_in_base=(
            (0.1934, -0.0465, 0.0),
            (0.1934, 0.0465, 0.0),
            (-0.1934, -0.0465, 0.0),
            (-0.1934, 0.0465, 0.0),
        ),
        abduction=(-0.0955, 0.0955, -0.0955, 0.0955),
        thigh=0.213,
        calf=0.213,
        foot_radius=0.022,
    ),
)
