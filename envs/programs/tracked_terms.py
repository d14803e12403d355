"""What a tracked robot observes: the order, sizes and scales of its observation."""

from envs.programs.mirror import signs, swap
from envs.programs.observation import Term


def tracked_terms(
    flippers: int, map_rows: int, action_signs: tuple[float, ...]
) -> tuple[Term, ...]:
    """The table for a robot with `flippers`, left and right in turn, and a track on either side."""
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
            meaning="of the base, in the base frame [rad/s]",
        ),
        Term(
            name="command",
            mirror=signs(1.0, -1.0),
            scale=2.0,
            meaning="forward speed [m/s], yaw rate [rad/s]",
        ),
        Term(name="flipper_position", mirror=pairs, scale=1.0, meaning="tip up is positive [rad]"),
        Term(name="flipper_velocity", mirror=pairs, scale=0.5, meaning="[rad/s]"),
        Term(
            name="flipper_load",
            mirror=pairs,
            scale=0.01,
            meaning="torque by which the flippers are pressed down, from how far they are from "
            "their targets [N m]",
        ),
        Term(
            name="track_speed", mirror=swap((1, 0), 1.0), scale=1.0, meaning="left and right [m/s]"
        ),
        Term(
            name="action",
            mirror=signs(*action_signs),
            scale=1.0,
            meaning="the smoothed action that is in effect",
        ),
        Term(
            name="schedule",
            mirror=pairs,
            scale=1.0,
            meaning="where the schedule wants the flippers, minus where they are [rad]",
        ),
        Term(
            name="ground",
            mirror=swap((1, 0), *(1.0,) * map_rows),
            scale=4.0,
            meaning="of the ground over the plane that the tracks lie on when level [m]: from "
            "-0.5 m to 0.9 m ahead under the left half, then under the right one",
        ),
    )
