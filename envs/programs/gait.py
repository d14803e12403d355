"""The clock of a trot: who swings, how far along, and where a foot is in its cycle."""

import math

import torch
from torch import Tensor


def progress(phase: Tensor, offsets: Tensor, duty: float) -> tuple[Tensor, Tensor, Tensor]:
    """Of each leg, (E, L): whether it swings, how much of the swing is done (0 in stance), how much
    of the stance is done (0 in swing).

    `phase` is (E,) in cycles; a leg swings in the first `1 - duty` of its own cycle.
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
    """Where the foot is along its stride, +1/2 (front) to -1/2 (back), (E, L): straight back in
    stance, a cosine forward in swing.
    """
    return torch.where(swings, -0.5 * torch.cos(math.pi * swing), 0.5 - stance)


def lift(swing: Tensor, start: Tensor, apex: Tensor, end: Tensor, rise: float) -> Tensor:
    """Height of a swinging foot (E, L) [m]: a smooth rise from `start` to `apex` in the first share
    `rise` of the swing, and down to `end` in the last.

    A quick rise takes the foot over a riser before its way forward does.
    """
    near = torch.clamp(torch.minimum(swing, 1 - swing) / rise, 0.0, 1.0)
    side = torch.where(swing < 0.5, start, end)
    return side + (apex - side) * 0.5 * (1 - torch.cos(math.pi * near))
