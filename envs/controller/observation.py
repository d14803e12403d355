"""The observation vector of a legged robot, from one table of named terms: its order, sizes and scales are written here and nowhere else."""

from typing import NamedTuple

import torch


class Term(NamedTuple):
    """Some elements of the observation: `size` numbers, each multiplied by `scale`."""

    name: str
    size: int
    scale: float
    meaning: str


LIMIT = 5.0
"""Scaled observations are clipped to +-LIMIT."""


def legged_terms(joints: int, legs: int, actions: int, map_cells: int) -> tuple[Term, ...]:
    """The table for a legged robot."""
    return (
        Term("gravity", 3, 1.0, "direction of gravity in the base frame"),
        Term("angular_velocity", 3, 0.25, "of the base, in the base frame [rad/s]"),
        Term("command", 2, 2.0, "forward speed [m/s], yaw rate [rad/s]"),
        Term("joint_position", joints, 1.0, "minus the stance [rad]"),
        Term("joint_velocity", joints, 0.05, "[rad/s]"),
        Term("action", actions, 1.0, "the smoothed action that is in effect"),
        Term("phase", 2, 1.0, "sine and cosine of the gait's phase"),
        Term("slope", 1, 2.0, "of the ground under the body, smoothed [rise over run]"),
        Term("foothold", legs, 5.0, "height of the last foothold over the plane under the body [m]"),
        Term(
            "ground", map_cells, 4.0, "height of the ground over the plane's height under the body [m]: 15 rows from -0.5 m to 0.9 m ahead, at y -0.2, 0, 0.2 m"
        ),
        Term("base_height", 1, 5.0, "of the base over the plane, minus the standing height [m]"),
        Term("clearance", legs, 5.0, "of each foot over the ground [m]"),
        Term("ground_8cm_ahead", legs, 5.0, "height of the ground 8 cm ahead of each foot, below the foot [m]"),
        Term("ground_16cm_ahead", legs, 5.0, "the same 16 cm ahead [m]"),
    )


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
