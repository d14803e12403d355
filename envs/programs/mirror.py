"""The world as a robot's mirror image sees it: left and right exchanged by an order and signs.

A trot is its own mirror image half a period later. The controller therefore shows its network only
the first half of the gait's phase, and the second half mirrored. The policy is left-right symmetric
by construction, and learns each step once instead of twice.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Mirror(NamedTuple):
    """A mirror: element i of the mirrored vector is `sign[i]` times element `order[i]`."""

    order: tuple[int, ...]
    """Index of the original element for each element of the mirrored vector."""
    sign: tuple[float, ...]
    """Sign of each element of the mirrored vector."""


def signs(*sign: float) -> Mirror:
    """A mirror that keeps every element in its place."""
    return Mirror(tuple(range(len(sign))), sign)


def swap(opposite: tuple[int, ...], *sign: float) -> Mirror:
    """A mirror that exchanges legs with their `opposite`, with a `sign` per element of a leg."""
    width = len(sign)
    return Mirror(
        tuple(width * leg + k for leg in opposite for k in range(width)), sign * len(opposite)
    )


def columns(rows: int, width: int) -> Mirror:
    """A mirror of a grid of `rows` x `width` heights: each row is read from the other side."""
    return Mirror(
        tuple(width * row + width - 1 - k for row in range(rows) for k in range(width)),
        (1.0,) * (rows * width),
    )


def join(*parts: Mirror) -> Mirror:
    """The mirror of vectors that are concatenated."""
    order: list[int] = []
    for part in parts:
        order += [len(order) + i for i in part.order]
    return Mirror(tuple(order), tuple(sign for part in parts for sign in part.sign))


class Reflection(nn.Module):
    """Shows the network a robot's mirror image, and mirrors its answer back."""

    observation_order: Tensor
    observation_sign: Tensor
    action_order: Tensor
    action_sign: Tensor

    def __init__(self, observation: Mirror, action: Mirror) -> None:
        super().__init__()
        for name, mirror in (("observation", observation), ("action", action)):
            self.register_buffer(f"{name}_order", torch.tensor(mirror.order))
            self.register_buffer(f"{name}_sign", torch.tensor(mirror.sign))

    def observation(self, values: Tensor, mirrored: Tensor) -> Tensor:
        """Observations (E, N), mirrored where `mirrored` (E, 1) is true."""
        return _shown(values, self.observation_order, self.observation_sign, mirrored)

    def action(self, values: Tensor, mirrored: Tensor) -> Tensor:
        """Actions (E, A), mirrored where `mirrored` (E, 1) is true."""
        return _shown(values, self.action_order, self.action_sign, mirrored)


def _shown(values: Tensor, order: Tensor, sign: Tensor, mirrored: Tensor) -> Tensor:
    return torch.where(mirrored, values.index_select(1, order) * sign, values)
