"""The two artefacts of a bundle: the TorchScript program, and weights and constants of its twin."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from agents.networks import Actor
from deploy.bundle.canonical import canonical
from deploy.bundle.families import deployed
from deploy.bundle.program import script
from deploy.runtime.bundle.archive import BLIND, PROGRAM, TWIN
from deploy.runtime.bundle.program import Artefact, TorchProgram, torchscript
from envs.families import family
from envs.programs.joint_order import Reorder
from envs.robots.spec import RobotSpec


def program_bytes(spec: RobotSpec, actor: Actor) -> bytes:
    """The TorchScript program; the same actor gives the same bytes."""
    buffer = io.BytesIO()
    with torchscript():
        torch.jit.save(script(spec, actor), buffer)
    return canonical(buffer.getvalue())


def twin_bytes(spec: RobotSpec, actor: Actor) -> bytes:
    """What the robot's twin reads: an .npz; the same actor gives the same bytes."""
    controller = family(spec).controller(spec)
    values = _constants(controller)
    layers = [layer for layer in actor.modules() if isinstance(layer, nn.Linear)]
    for index, layer in enumerate(layers):
        values |= {
            f"weight.{index}": layer.weight.detach().numpy(),
            f"bias.{index}": layer.bias.detach().numpy(),
        }
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **values)
    return buffer.getvalue()


def _constants(controller: nn.Module) -> dict[str, Any]:
    """Buffers and plain numbers of a controller and its parts by name; the height map's after
    "map.".

    Raises:
        ValueError: two parts have different figures of one name.
    """
    found: dict[str, Any] = {}
    for path, part in controller.named_modules():
        # The orders to the legs and back are those of `leg_order`, which the twin knows.
        if isinstance(part, Reorder):
            continue
        prefix = "map." if path == "map" else ""
        numbers = {name: value for name, value in vars(part).items() if type(value) in (int, float)}
        buffers = {name: value.numpy() for name, value in part.named_buffers(recurse=False)}
        for name, value in (numbers | buffers).items():
            if not np.array_equal(found.setdefault(prefix + name, value), value):
                raise ValueError(f"two parts of the controller have different figures {name!r}")
    return found


def loaders(spec: RobotSpec) -> dict[str, Callable[[bytes], Artefact]]:
    """Loaders of the artefacts of a bundle for `spec`; not every bundle has a blind program."""
    return {PROGRAM: TorchProgram, TWIN: deployed(spec).twin, BLIND: TorchProgram}
