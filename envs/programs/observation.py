"""The observation vector, for each kind of robot from one table of named terms: its order, sizes and scales are written here and nowhere else."""

from typing import NamedTuple

import torch

from envs.programs.mirror import Mirror, columns, join, signs, swap


class Term(NamedTuple):
    """Some elements of the observation, each multiplied by `scale`, and how they look in a mirror."""

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


def legged_terms(opposite: tuple[int, ...], map_rows: int) -> tuple[Term, ...]:
    """The table for a robot whose leg i has its mirror image in leg `opposite[i]`, with three joints a leg."""
    joints, legs = swap(opposite, -1.0, 1.0, 1.0), swap(opposite, 1.0)
    return (
        Term("gravity", signs(1.0, -1.0, 1.0), 1.0, "direction of gravity in the base frame"),
        Term("angular_velocity", signs(-1.0, 1.0, -1.0), 0.25, "of the base, in the base frame [rad/s]"),
        Term("command", signs(1.0, -1.0), 2.0, "forward speed [m/s], yaw rate [rad/s]"),
        Term("joint_position", joints, 1.0, "minus the stance [rad]"),
        Term("joint_velocity", joints, 0.05, "[rad/s]"),
        Term("action", action_mirror(opposite), 1.0, "the smoothed action that is in effect"),
        Term("velocity", signs(1.0, -1.0, 1.0), 2.0, "of the base in the level frame as the standing legs tell it, smoothed [m/s]"),
        Term("phase", signs(-1.0, -1.0), 1.0, "sine and cosine of the gait's phase; the mirror image is half a period on"),
        Term("slope", signs(1.0), 2.0, "of the ground under the body, smoothed [rise over run]"),
        Term("foothold", legs, 5.0, "height of the last foothold over the plane under the body [m]"),
        Term(
            "ground",
            columns(map_rows, 3),
            4.0,
            "of the ground over the plane's height under the body [m]: rows from -0.5 m to 0.9 m ahead, at y -0.2, 0, 0.2 m",
        ),
        Term("base_height", signs(1.0), 5.0, "of the base over the plane, minus the standing height [m]"),
        Term("clearance", legs, 5.0, "of each foot over the ground [m]"),
        Term("ground_8cm_ahead", legs, 5.0, "height of the ground 8 cm ahead of each foot, below the foot [m]"),
        Term("ground_16cm_ahead", legs, 5.0, "the same 16 cm ahead [m]"),
    )


def tracked_terms(flippers: int, map_rows: int, action_signs: tuple[float, ...]) -> tuple[Term, ...]:
    """The table for a robot with `flippers`, left and right in turn, and a track on either side."""
    pairs = swap(tuple(k ^ 1 for k in range(flippers)), 1.0)
    return (
        Term("gravity", signs(1.0, -1.0, 1.0), 1.0, "direction of gravity in the base frame"),
        Term("angular_velocity", signs(-1.0, 1.0, -1.0), 0.5, "of the base, in the base frame [rad/s]"),
        Term("command", signs(1.0, -1.0), 2.0, "forward speed [m/s], yaw rate [rad/s]"),
        Term("flipper_position", pairs, 1.0, "tip up is positive [rad]"),
        Term("flipper_velocity", pairs, 0.5, "[rad/s]"),
        Term("flipper_load", pairs, 0.01, "torque by which the flippers are pressed down, from how far they are from their targets [N m]"),
        Term("track_speed", swap((1, 0), 1.0), 1.0, "left and right [m/s]"),
        Term("action", signs(*action_signs), 1.0, "the smoothed action that is in effect"),
        Term("schedule", pairs, 1.0, "where the schedule wants the flippers, minus where they are [rad]"),
        Term(
            "ground",
            swap((1, 0), *(1.0,) * map_rows),
            4.0,
            "of the ground over the plane that the tracks lie on when level [m]: from -0.5 m to 0.9 m ahead under the left half, then under the right one",
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
    lines, start = [], 0
    for term in terms:
        lines.append(f"{start:4d}..{start + term.size - 1:<4d} {term.name:<18s} x{term.scale:<5g} {term.meaning}")
        start += term.size
    return "\n".join(lines)
