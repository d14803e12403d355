"""What a controller is to the simulator, and a whole batch of them with their memories."""

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from envs.programs.sensors import JointCommand, Sensors


class ControllerMemory(Protocol):
    """What a controller remembers of E robots: a NamedTuple of tensors, one row a robot. Only the
    controller knows what parts other than `action` mean.
    """

    def __init__(self, *parts: Tensor) -> None: ...

    @property
    def action(self) -> Tensor:
        """The smoothed action that is in effect, (E, A)."""

    def __iter__(self) -> Iterator[Tensor]: ...


M = TypeVar("M", bound=ControllerMemory)
M_co = TypeVar("M_co", bound=ControllerMemory, covariant=True)


class ControllerProgram(Protocol[M]):
    """The controller of one kind of robot: pure functions, batch first."""

    actions: int
    """Size of an action, A."""
    observations: int
    """Size of an observation, N."""

    def start(self, count: int) -> M:
        """ControllerMemory of `count` robots that have just been switched on."""

    def observe(self, sensors: Sensors, memory: M) -> tuple[Tensor, M]:
        """Observation (E, N) of `sensors`, and the memory with what was seen."""

    def act(self, action: Tensor, memory: M) -> tuple[JointCommand, M]:
        """Joint commands for the `action` (E, A) in -1..1, and the memory after them."""

    def mirrored(self, memory: M) -> Tensor:
        """Whether the network sees a robot in the mirror, and acts so, (E, 1)."""


def with_rows(memory: M, rows: list[int], fresh: M) -> M:
    """`memory` with its `rows` replaced by those of `fresh`, in that order."""
    chosen = torch.tensor(rows)
    parts = zip(memory, fresh, strict=True)
    return type(memory)(*(old.index_copy(0, chosen, new) for old, new in parts))


class Controllers(Generic[M_co]):
    """One controller for E robots, and what it remembers of each.

    Attributes:
        controller: the same for all robots.
        memory: of all robots.
    """

    def __init__(self, controller: ControllerProgram[M_co], count: int) -> None:
        self.controller = controller
        self.memory = controller.start(count)

    def begin(self, rows: list[int], sensors: Sensors) -> NDArray[np.float32]:
        """Switch the controllers of `rows` on. Returns their first observations, of `sensors`."""
        with torch.inference_mode():
            seen, memory = self.controller.observe(sensors, self.controller.start(len(rows)))
            self.memory = with_rows(self.memory, rows, memory)
        return seen.numpy()

    def observe(self, sensors: Sensors) -> NDArray[np.float32]:
        """Observations of all robots, (E, N)."""
        with torch.inference_mode():
            seen, self.memory = self.controller.observe(sensors, self.memory)
        return seen.numpy()

    def act(self, actions: NDArray[np.float32]) -> JointCommand:
        """What all robots' motors are told for `actions` (E, A) in -1..1."""
        with torch.inference_mode():
            command, self.memory = self.controller.act(torch.from_numpy(actions), self.memory)
        return command

    def action(self) -> NDArray[np.float64]:
        """The smoothed actions that are in effect, (E, A)."""
        return self.memory.action.numpy().astype(np.float64)

    def mirrored(self) -> NDArray[np.bool_]:
        """Which robots' networks see and act in the mirror, (E, 1)."""
        return self.controller.mirrored(self.memory).numpy()
