"""The TorchScript program of a bundle, brought to life."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[np.float32]


@contextmanager
def torchscript() -> Iterator[None]:
    """No word of TorchScript's deprecation meanwhile: upstream names no date of removal, and it is
    what runs without Python on a robot.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"torch\.jit")
        yield


class Artefact(Protocol):
    """A controller of one robot; arrays without a batch dimension, in the order of the manifest's
    sensors and commands.
    """

    def reset(self) -> None:
        """Forget everything."""

    @property
    def step(self) -> Callable[..., tuple[Array, ...]]:
        """Commands for one reading."""


class TorchProgram:
    """The TorchScript program in `data`: its `reset` and `memory` stay, all else is frozen, which
    is faster. Load only what has been verified: it is a program.
    """

    def __init__(self, data: bytes) -> None:
        with torchscript():
            self._program = torch.jit.freeze(
                torch.jit.load(io.BytesIO(data)).eval(), preserved_attrs=["memory", "reset"]
            )

    def reset(self) -> None:
        """Forget everything."""
        self._program.reset()

    def step(self, *sensors: Array) -> tuple[Array, ...]:
        """Commands for one reading."""
        with torch.inference_mode():
            commands = self._program(*(torch.tensor(part).unsqueeze(0) for part in sensors))
        return tuple(part.squeeze(0).numpy() for part in commands)
