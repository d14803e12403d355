"""The observation of a legged robot: order, sizes and scales of its terms."""

from envs.programs.mirror import Mirror, columns, join, signs, swap
from envs.programs.observation import Term


def legged_terms(
    opposite: tuple[int, ...], map_rows: int, look_ahead: tuple[float, float]
) -> tuple[Term, ...]:
    """The observation's table for a robot whose leg i has its mirror image in leg `opposite[i]`.

    Joints are ordered leg by leg: hip, thigh, calf. `look_ahead` has the distances of two points
    ahead of each foot at which the ground is seen [m].
    """
    near, far = look_ahead
    joints = swap(opposite, -1.0, 1.0, 1.0)
    legs = swap(opposite, 1.0)
    return (
        Term(
            name="gravity",
            mirror=signs(1.0, -1.0, 1.0),
            scale=1.0,
            meaning="direction of gravity in the base frame",
        ),
        Term(
            name="angular_velocity",
            mirror=signs(-1.0, 1.0, -1.0),
            scale=0.25,
            meaning="angular velocity of the base in the base frame [rad/s]",
        ),
        Term(
            name="command",
            mirror=signs(1.0, -1.0),
            scale=2.0,
            meaning="commanded forward speed [m/s] and yaw rate [rad/s]",
        ),
        Term(
            name="joint_position",
            mirror=joints,
            scale=1.0,
            meaning="joint positions minus the stance [rad]",
        ),
        Term(name="joint_velocity", mirror=joints, scale=0.05, meaning="joint velocities [rad/s]"),
        Term(
            name="action",
            mirror=action_mirror(opposite),
            scale=1.0,
            meaning="the smoothed action in effect",
        ),
        Term(
            name="velocity",
            mirror=signs(1.0, -1.0, 1.0),
            scale=2.0,
            meaning="smoothed velocity of the base in the level frame, from leg odometry [m/s]",
        ),
        Term(
            name="phase",
            mirror=signs(-1.0, -1.0),
            scale=1.0,
            meaning="sine and cosine of the gait's phase; the mirror image is half a period on",
        ),
        Term(
            name="slope",
            mirror=signs(1.0),
            scale=2.0,
            meaning="smoothed slope of the ground under the body [rise over run]",
        ),
        Term(
            name="foothold",
            mirror=legs,
            scale=5.0,
            meaning="height of the last foothold over the plane under the body [m]",
        ),
        Term(
            name="ground",
            mirror=columns(map_rows, 3),
            scale=4.0,
            meaning="height of the ground over the plane's height under the body [m]: rows from "
            "-0.5 m to 0.9 m ahead, at y -0.2, 0, 0.2 m",
        ),
        Term(
            name="base_height",
            mirror=signs(1.0),
            scale=5.0,
            meaning="height of the base over the plane, minus the standing height [m]",
        ),
        Term(
            name="clearance",
            mirror=legs,
            scale=5.0,
            meaning="height of each foot over the ground [m]",
        ),
        Term(
            name="ground_ahead",
            mirror=legs,
            scale=5.0,
            meaning=f"height of the ground {100 * near:g} cm ahead of each foot, below the "
            "foot [m]",
        ),
        Term(
            name="ground_far_ahead",
            mirror=legs,
            scale=5.0,
            meaning=f"height of the ground {100 * far:g} cm ahead of each foot, below the foot [m]",
        ),
    )


def action_mirror(opposite: tuple[int, ...]) -> Mirror:
    """Mirror of an action: x, y, z of each foot, then the frequency."""
    return join(swap(opposite, 1.0, -1.0, 1.0), signs(1.0))
