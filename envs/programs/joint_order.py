"""Conversion from the vendor's motor order to the order that a controller computes in, and back."""

import torch
from torch import Tensor, nn


class Reorder(nn.Module):
    """Element i of the output is element `order[i]` of the input, (E, J)."""

    order: Tensor

    def __init__(self, order: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("order", torch.tensor(order))

    def forward(self, values: Tensor) -> Tensor:
        """`values` (E, J) in the new order."""
        return values.index_select(1, self.order)


def reorder(order: tuple[int, ...]) -> nn.Module:
    """A module that puts joints into `order`, at no cost where they are in order already."""
    return nn.Identity() if order == tuple(range(len(order))) else Reorder(order)


def inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    """The order that undoes `order`."""
    return tuple(order.index(i) for i in range(len(order)))
