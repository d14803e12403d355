"""The observation vector, for each kind of robot from one table of named terms: its order, sizes
and scales are written here and nowhere else.
"""

from typing import NamedTuple

import torch

from envs.programs.mirror import Mirror, columns, join, signs, swap


class Term(NamedTuple):
    """Some elements of the observation, each multiplied by `scale`, and how they look in a
    mirror.
    """

    name: str
    mirror: Mirror
    scale: float
    meaning: str

    @property
    def size(self) -> int:
        """Number of elements."""
        return len(self.mirror.order)


LIMIT = 5.0
"""Scaled observations are clipped to +-LIMIT."""


def legged_terms(
    opposite: tuple[int, ...], map_rows: int, look_ahead: tuple[float, float]
) -> tuple[Term, ...]:
    """The table for a robot whose leg i has its mirror image in leg `opposite[i]`.

    Joints stand leg by leg: hip, thigh, calf. `look_ahead` is the distance of two points ahead of
    each foot whose ground is seen [m].
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
            meaning="of the base, in the base frame [rad/s]",
        ),
        Term(
            name="command",
            mirror=signs(1.0, -1.0),
            scale=2.0,
            meaning="forward speed [m/s], yaw rate [rad/s]",
        ),
        Term(name="joint_position", mirror=joints, scale=1.0, meaning="minus the stance [rad]"),
        Term(name="joint_velocity", mirror=joints, scale=0.05, meaning="[rad/s]"),
        Term(
            name="action",
            mirror=action_mirror(opposite),
            scale=1.0,
            meaning="the smoothed action that is in effect",
        ),
        Term(
            name="velocity",
            mirror=signs(1.0, -1.0, 1.0),
            scale=2.0,
            meaning="of the base in the level frame as the standing legs tell it, smoothed [m/s]",
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
            meaning="of the ground under the body, smoothed [rise over run]",
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
            meaning="of the ground over the plane's height under the body [m]: rows from -0.5 m "
            "to 0.9 m ahead, at y -0.2, 0, 0.2 m",
        ),
        Term(
            name="base_height",
            mirror=signs(1.0),
            scale=5.0,
            meaning="of the base over the plane, minus the standing height [m]",
        ),
        Term(name="clearance", mirror=legs, scale=5.0, meaning="of each foot over the ground [m]"),
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
            meaning=f"the same {100 * far:g} cm ahead [m]",
        ),
    )


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


def action_mirror(opposite: tuple[int, ...]) -> Mirror:
    """Of an action: x, y, z of each foot, then the frequency."""
    return join(swap(opposite, 1.0, -1.0, 1.0), signs(1.0))


def scales(terms: tuple[Term, ...]) -> torch.Tensor:
    """Factor of each element, (N,)."""
    return torch.cat([torch.full((term.size,), term.scale) for term in terms])


def describe(terms: tuple[Term, ...]) -> str:
    """The table as text: index, size, scale, meaning."""
    lines = []
    start = 0
    for term in terms:
        lines.append(
            f"{start:4d}..{start + term.size - 1:<4d} {term.name:<18s} x{term.scale:<5g} "
            f"{term.meaning}"
        )
        start += term.size
    return "\n".join(lines)
