"""A tracked robot of the MARV class: four flippers, each with a track around it.

Source of the figures: CTU-CRAS-NORLAB's MARV in the public osrf/subt models (geometry, masses,
speeds, torque). Our own assumptions are listed in urdf/tracked/README.md.
"""

import math

from envs.robots.handling import Handling
from envs.robots.ranges import Randomization, Range
from envs.robots.spec import URDF_ROOT, RobotSpec
from envs.robots.tracks import FlipperSchedule, TrackGeometry
from envs.robots.weights import RewardWeights


def _joints(flippers: float, tracks: float) -> tuple[float, ...]:
    return (flippers,) * 4 + (tracks,) * 2


TRACKED = RobotSpec(
    name="tracked",
    history=(
        "the first version",
        "mirrored observations and actions while the robot is steered to the right, slower turns",
    ),
    urdf=URDF_ROOT / "tracked" / "tracked.urdf",
    joint_names=(
        "front_left_flipper",
        "front_right_flipper",
        "rear_left_flipper",
        "rear_right_flipper",
        "left_track",
        "right_track",
    ),
    lower=_joints(flippers=-1.2, tracks=-math.pi),
    upper=_joints(flippers=1.6, tracks=math.pi),
    torque_limit=_joints(flippers=120.0, tracks=70.0),
    speed_limit=_joints(flippers=3.0, tracks=17.2),
    stance=_joints(flippers=-0.127, tracks=0.0),
    folded=_joints(flippers=-0.127, tracks=0.0),
    kp=_joints(flippers=600.0, tracks=0.0),
    kd=_joints(flippers=30.0, tracks=140.0),
    joint_friction=_joints(flippers=1.0, tracks=1.0),
    rotor_inertia=_joints(flippers=0.4, tracks=0.4),
    mass=61.066,
    stand_height=0.1165,
    arrived_height=0.08,
    body_length=1.275,
    payload_links=(
        "front_left_wheel_0",
        "front_right_wheel_0",
        "rear_left_wheel_0",
        "rear_right_wheel_0",
    ),
    limbs=TrackGeometry(
        names=("front_left", "front_right", "rear_left", "rear_right"),
        axis_in_base=(
            (0.256, 0.248, 0.0),
            (0.256, -0.248, 0.0),
            (-0.256, 0.248, 0.0),
            (-0.256, -0.248, 0.0),
        ),
        length=0.3035,
        radius=0.1165,
        tip_radius=0.078,
        tracks=("left_track", "right_track"),
        wheels=9,
        wheel_mass=1.595 / 9,
        wheel_inertia=10.0,
        drive_inertia=2.72,
        belly_grip=0.35,
    ),
    gait=FlipperSchedule(),
    handling=Handling(
        hold_kp=_joints(flippers=600.0, tracks=0.0),
        hold_kd=_joints(flippers=30.0, tracks=140.0),
        damping=_joints(flippers=30.0, tracks=140.0),
        gather_time=1.0,
        rise_time=1.0,
        sit_time=1.0,
        tolerance=0.35,
        patience=1.0,
        max_tilt=0.95,
        # Two control steps.
        max_state_age=0.1,
        max_command_age=0.5,
        max_speed=0.7,
        max_yaw_rate=0.8,
        max_map_age=0.5,
        position_margin=0.1,
        speed_margin=2.5,
        torque_margin=1.25,
        max_target_step=2.0,
        max_temperature=80.0,
        min_battery=0.10,
    ),
    # Tracked robots break by the shock of tipping over an edge: pitch rate and hard stops cost more
    # than for legs. Slipping sideways costs nothing, because that is how they turn.
    rewards=RewardWeights(
        wobble=-0.3,
        shock=-2.0,
        roll=-1.0,
        power=-0.0002,
        load=-0.5,
        jerk=-0.2,
        effort=-0.02,
        # 4 a second x 0.05 s / (1 - 0.99).
        arrival=20.0,
    ),
    # Friction: 1 in the public MuJoCo model of MARV, a quarter more or less. Bullet's wheels have
    # no cleats that hook into an edge: tracks that lie along a flight slip on it where its slope
    # is steeper than friction holds. A heavier robot carries more; slow joints are measured by
    # slow gyros and encoders of a finer scale.
    randomization=Randomization(
        friction=Range(0.75, 1.25, 1.0),
        payload=Range(-3.0, 12.0, 0.0),
        velocity_noise=Range(0.0, 0.1, 0.0),
    ),
    control_step=0.05,
    physics_step=0.01,
    # A fifth of a Go2's control steps a second, so smaller rollouts; flippers and tracks bear more
    # noise than a gait; without a policy it climbs 8 cm and descends 25 cm.
    preset={
        "steps": 983_040,
        "robots": 64,
        "save_iterations": 20,
        "ppo.minibatch": 1024,
        "ppo.deviation": 0.2,
        "curriculum.lowest": 0.08,
        "curriculum.highest": 0.28,
        "curriculum.review": 0.5,
        "curriculum.terraces": 0.2,
    },
)
