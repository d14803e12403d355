"""A tracked robot of the MARV class."""

import math

from envs.robots.spec import URDF_ROOT, RobotSpec, TrackGeometry

# Source of the figures: CTU-CRAS-NORLAB's MARV in the public osrf/subt models (geometry, masses,
# speeds, torque); what is our own assumption: urdf/tracked/README.md.
TRACKED = RobotSpec(
    name="tracked",
    urdf=URDF_ROOT / "tracked" / "tracked.urdf",
    joint_names=(
        "front_left_flipper",
        "front_right_flipper",
        "rear_left_flipper",
        "rear_right_flipper",
        "left_track",
        "right_track",
    ),
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
        drive_kd=140.0,
        belly_grip=0.35,
    ),
    physics_step=0.01,
    # Friction: 1 in the public MuJoCo model of MARV, a quarter more or less. Bullet's wheels have
    # no cleats that hook into an edge: tracks that lie along a flight slip on it where its slope is
    # steeper than friction holds. A heavier robot carries more; slow joints are measured by slow
    # gyros and encoders of a finer scale.
    ranges={
        "friction": (0.75, 1.25, 1.0),
        "payload": (-3.0, 12.0, 0.0),
        "velocity_noise": (0.0, 0.1, 0.0),
    },
)
