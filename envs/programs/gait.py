"""The clock of a trot: which legs swing, how far they are, and where a foot is in its cycle."""

import math

import torch
from torch import Tensor


def progress(phase: Tensor, offsets: Tensor, duty: float) -> tuple[Tensor, Tensor, Tensor]:
    """Which legs swing, and their progress in the swing and in the stance, (E, L) each.

    The progress in the swing is 0 in stance, and the progress in the stance is 0 in swing. `phase`
    is (E,) in cycles; a leg swings in the first `1 - duty` of its own cycle.
    """
    leg = torch.remainder(phase.unsqueeze(1) + offsets, 1.0)
    swings = leg < 1 - duty
    zero = torch.zeros_like(leg)
    return (
        swings,
        torch.where(swings, leg / (1 - duty), zero),
        torch.where(swings, zero, (leg - 1 + duty) / duty),
    )


def travel(swings: Tensor, swing: Tensor, stance: Tensor) -> Tensor:
    """Position of each foot along its stride, +1/2 (front) to -1/2 (back), (E, L).

    It moves straight back in stance, and forward along a cosine in swing.
    """
    return torch.where(swings, -0.5 * torch.cos(math.pi * swing), 0.5 - stance)


def lift(swing: Tensor, start: Tensor, apex: Tensor, end: Tensor, rise: float) -> Tensor:
    """Height of each swinging foot [m], (E, L).

    It rises smoothly from `start` to `apex` in the first share `rise` of the swing, and falls to
    `end` in the last. A quick rise takes the foot over a riser before it moves forward.
    """
    near = torch.clamp(torch.minimum(swing, 1 - swing) / rise, 0.0, 1.0)
    side = torch.where(swing < 0.5, start, end)
    return side + (apex - side) * 0.5 * (1 - torch.cos(math.pi * near))
