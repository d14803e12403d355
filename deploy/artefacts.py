"""The two artefacts of a bundle: the TorchScript program, and the weights and constants for its numpy twin. Written and run here."""

import io
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from agents.policy import Actor
from deploy.bundle import PROGRAM, TWIN
from deploy.numpy_twin import Twin
from deploy.program import script, torchscript
from envs.controller.quadruped import Controller
from envs.robots import RobotSpec

Array = NDArray[np.float32]


class Artefact(Protocol):
    """A controller of one robot; arrays without a batch dimension, in the order of `Sensors` and `JointCommand`."""

    def reset(self) -> None:
        """Forget everything."""

    @property
    def step(self) -> Callable[..., tuple[Array, ...]]:
        """Commands for one reading."""


class TorchProgram:
    """The TorchScript program in `data`. Load only what has been verified: it is a program."""

    def __init__(self, data: bytes) -> None:
        with torchscript():
            self._program = torch.jit.load(io.BytesIO(data))

    def reset(self) -> None:
        """Forget everything."""
        self._program.reset()

    def step(self, *sensors: Array) -> tuple[Array, ...]:
        """Commands for one reading."""
        with torch.inference_mode():
            commands = self._program(*(torch.tensor(part).unsqueeze(0) for part in sensors))
        return tuple(part.squeeze(0).numpy() for part in commands)


def program_bytes(spec: RobotSpec, actor: Actor) -> bytes:
    """The TorchScript program."""
    buffer = io.BytesIO()
    with torchscript():
        torch.jit.save(script(spec, actor), buffer)
    return buffer.getvalue()


def twin_bytes(spec: RobotSpec, actor: Actor) -> bytes:
    """What `Twin` reads: an .npz; the same actor gives the same bytes."""
    controller = Controller(spec)
    values: dict[str, Any] = _constants(controller) | {f"map.{name}": value for name, value in _constants(controller.map).items()}
    layers = [layer for layer in actor.modules() if isinstance(layer, nn.Linear)]
    for index, layer in enumerate(layers):
        values |= {f"weight.{index}": layer.weight.detach().numpy(), f"bias.{index}": layer.bias.detach().numpy()}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **values)
    return buffer.getvalue()


def _constants(module: nn.Module) -> dict[str, Any]:
    """Buffers and plain numbers of a module by name."""
    numbers = {name: value for name, value in vars(module).items() if type(value) in (int, float)}
    return numbers | {name: value.numpy() for name, value in module.named_buffers(recurse=False)}


LOADERS: dict[str, Callable[[bytes], Artefact]] = {PROGRAM: TorchProgram, TWIN: Twin}
"""How each artefact of a bundle is brought to life."""
