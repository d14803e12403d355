"""Unitree Go2.

Source of the figures: unitree_ros go2_description (geometry, masses, limits); public MuJoCo models
(joint friction 0.2 N m, rotor inertia 0.01 kg m2); Unitree SDK (motor order, folded pose). Gains:
stiff enough to carry a stair gait, inside the 20 to 80 N m/rad that is used on the robot.
"""

from envs.robots.handling import Handling
from envs.robots.legs import LegGeometry, TrotGait
from envs.robots.spec import URDF_ROOT, RobotSpec
from envs.robots.weights import RewardWeights

LEGS = ("FR", "FL", "RR", "RL")
JOINTS = tuple((f"{leg}_hip_joint", f"{leg}_thigh_joint", f"{leg}_calf_joint") for leg in LEGS)


def _per_leg(hip: float, thigh: float, calf: float) -> tuple[float, ...]:
    return (hip, thigh, calf) * len(LEGS)


GO2 = RobotSpec(
    name="go2",
    history=(
        "the first version",
        "leg odometry in the observation, mirrored privileged observations, a gait clock that "
        "stops with the robot, orders that change",
    ),
    urdf=URDF_ROOT / "go2" / "go2.urdf",
    joint_names=tuple(name for leg in JOINTS for name in leg),
    lower=(-1.0472, -1.5708, -2.7227) * 2 + (-1.0472, -0.5236, -2.7227) * 2,
    upper=(1.0472, 3.4907, -0.83776) * 2 + (1.0472, 4.5379, -0.83776) * 2,
    torque_limit=_per_leg(hip=23.7, thigh=23.7, calf=45.43),
    speed_limit=_per_leg(hip=30.1, thigh=30.1, calf=15.70),
    stance=_per_leg(hip=0.0, thigh=0.978, calf=-1.956),
    # The pose in which Unitree's own stand-up example begins.
    folded=_per_leg(hip=0.0, thigh=1.36, calf=-2.65),
    kp=_per_leg(hip=50.0, thigh=50.0, calf=50.0),
    kd=_per_leg(hip=0.9, thigh=0.9, calf=0.9),
    joint_friction=_per_leg(hip=0.2, thigh=0.2, calf=0.2),
    rotor_inertia=_per_leg(hip=0.01, thigh=0.01, calf=0.01),
    mass=16.085,
    stand_height=0.26,
    arrived_height=0.15,
    body_length=0.70,
    payload_links=("FR_hip", "FL_hip", "RR_hip", "RL_hip"),
    limbs=LegGeometry(
        names=LEGS,
        joints=JOINTS,
        opposite=(1, 0, 3, 2),
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
    # The defaults were tuned on this robot.
    gait=TrotGait(),
    handling=Handling(
        # A Go2 is known to bear kp 60 with kd 5. With a kd of more than 2 to 3, motor drivers with
        # a delay of some milliseconds, as in the simulator, tremble.
        hold_kp=_per_leg(hip=60.0, thigh=60.0, calf=60.0),
        hold_kd=_per_leg(hip=2.0, thigh=2.0, calf=2.0),
        # A standing Go2 sinks to the ground within about a second.
        damping=_per_leg(hip=2.0, thigh=2.0, calf=2.0),
        gather_time=1.0,
        rise_time=1.5,
        sit_time=2.0,
        tolerance=0.35,
        patience=1.0,
        # On the steepest stairs it pitches by 0.7; beyond 1.13 it counts as fallen in training.
        max_tilt=0.95,
        # Two control steps.
        max_state_age=0.04,
        # An operator who lets go stops the robot within one step's length.
        max_command_age=0.5,
        max_speed=0.7,
        max_yaw_rate=0.8,
        # The time for which it walks on the map that it saw last.
        max_map_age=0.5,
        position_margin=0.1,
        # In the simulator, impacts on stairs turn a calf with up to 2.0 times its no-load speed,
        # and torques reach 1.1 times their limit.
        speed_margin=2.5,
        torque_margin=1.25,
        # The largest target step of the shipped policy on stairs was 1.3.
        max_target_step=2.0,
        max_temperature=80.0,
        min_battery=0.10,
    ),
    rewards=RewardWeights(
        sideways=-0.5,
        wobble=-0.05,
        roll=-0.5,
        power=-0.0006,
        load=-0.5,
        jerk=-0.5,
        effort=-0.02,
    ),
)
