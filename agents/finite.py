"""A run stops before a number that is not finite can reach the weights."""

from typing import Any

import torch
from torch.optim import Optimizer


class NotFiniteError(RuntimeError):
    """An action or a gradient is not finite; the weights are as they were. The message names the remedy."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the {what} is not finite; the weights are as they were. To see it again, continue with --resume: that comes to the same place, bit for bit. "
            "To get past it, lower --ppo.rate or --ppo.target-kl"
        )


def watch(optimizer: Optimizer) -> None:
    """Raise NotFiniteError from `optimizer.step()`, before it changes a weight, if a gradient is not finite."""
    optimizer.register_step_pre_hook(_check)


def _check(optimizer: Optimizer, *_: Any) -> None:
    gradients = [weight.grad for group in optimizer.param_groups for weight in group["params"] if weight.grad is not None]
    if not all(torch.isfinite(gradient).all() for gradient in gradients):
        raise NotFiniteError("gradient")
