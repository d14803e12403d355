"""Left and right exchanged, as an order and signs: what the world looks like to a robot's mirror
image.

A trot is its own mirror image half a period later. The controller therefore shows its network only
the first half of the gait's phase, and the second half mirrored: the policy is left-right symmetric
by construction, and learns each step once instead of twice.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Mirror(NamedTuple):
    """Element i of a mirrored vector is sign[i] times element order[i] of the vector."""

    order: tuple[int, ...]
    sign: tuple[float, ...]


def signs(*sign: float) -> Mirror:
    """Every element stays in its place."""
    return Mirror(tuple(range(len(sign))), sign)


def swap(opposite: tuple[int, ...], *sign: float) -> Mirror:
    """Legs change places with their `opposite`, with `sign` for each of a leg's elements."""
    width = len(sign)
    return Mirror(
        tuple(width * leg + k for leg in opposite for k in range(width)), sign * len(opposite)
    )


def columns(rows: int, width: int) -> Mirror:
    """A grid of `rows` x `width` heights: each row is read from the other side."""
    return Mirror(
        tuple(width * row + width - 1 - k for row in range(rows) for k in range(width)),
        (1.0,) * (rows * width),
    )


def join(*parts: Mirror) -> Mirror:
    """The mirror of vectors that are put behind one another."""
    order: list[int] = []
    for part in parts:
        order += [len(order) + i for i in part.order]
    return Mirror(tuple(order), tuple(sign for part in parts for sign in part.sign))


def tensors(mirror: Mirror) -> tuple[Tensor, Tensor]:
    """Order and sign as tensors, (N,) each."""
    return torch.tensor(mirror.order), torch.tensor(mirror.sign)


def shown(values: Tensor, order: Tensor, sign: Tensor, mirrored: Tensor) -> Tensor:
    """`values` (E, N), those of robots that are `mirrored`, (E, 1), in the mirror."""
    return torch.where(mirrored, values.index_select(1, order) * sign, values)
