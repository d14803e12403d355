"""The observation of a tracked robot: order, sizes and scales of its terms."""

from envs.programs.mirror import signs, swap
from envs.programs.observation import Term


def tracked_terms(
    flippers: int, map_rows: int, action_signs: tuple[float, ...]
) -> tuple[Term, ...]:
    """The observation's table for a robot with `flippers`, left and right in turn, and tracks."""
    pairs = swap(tuple(k ^ 1 for k in range(flippers)), 1.0)
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
            scale=0.5,
            meaning="angular velocity of the base in the base frame [rad/s]",
        ),
        Term(
            name="command",
            mirror=signs(1.0, -1.0),
            scale=2.0,
            meaning="commanded forward speed [m/s] and yaw rate [rad/s]",
        ),
        Term(
            name="flipper_position",
            mirror=pairs,
            scale=1.0,
            meaning="angles of the flippers, tip up positive [rad]",
        ),
        Term(
            name="flipper_velocity",
            mirror=pairs,
            scale=0.5,
            meaning="rates of the flippers [rad/s]",
        ),
        Term(
            name="flipper_load",
            mirror=pairs,
            scale=0.01,
            meaning="torque that presses the flippers down, from their distance to their "
            "targets [N m]",
        ),
        Term(
            name="track_speed",
            mirror=swap((1, 0), 1.0),
            scale=1.0,
            meaning="speeds of the left and the right track [m/s]",
        ),
        Term(
            name="action",
            mirror=signs(*action_signs),
            scale=1.0,
            meaning="the smoothed action in effect",
        ),
        Term(
            name="schedule",
            mirror=pairs,
            scale=1.0,
            meaning="angles of the schedule minus those of the flippers [rad]",
        ),
        Term(
            name="ground",
            mirror=swap((1, 0), *(1.0,) * map_rows),
            scale=4.0,
            meaning="height of the ground over the plane that level tracks lie on [m]: from "
            "-0.5 m to 0.9 m ahead, under the left half and then under the right half",
        ),
    )
