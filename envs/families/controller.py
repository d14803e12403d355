"""What a controller is to the simulator, and the controllers of a whole batch of robots."""

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from envs.programs.sensors import JointCommand, Sensors


class ControllerMemory(Protocol):
    """What a controller remembers of E robots: a NamedTuple of tensors, one row per robot.

    Only the controller knows what the parts other than `action` mean.
    """

    def __init__(self, *parts: Tensor) -> None: ...

    @property
    def action(self) -> Tensor:
        """The smoothed action in effect, (E, A)."""

    def __iter__(self) -> Iterator[Tensor]: ...


M = TypeVar("M", bound=ControllerMemory)
M_co = TypeVar("M_co", bound=ControllerMemory, covariant=True)


class ControllerProgram(Protocol[M]):
    """The controller of one robot family: pure functions, batch first."""

    actions: int
    """Size of an action, A."""
    observations: int
    """Size of an observation, N."""

    def start(self, count: int) -> M:
        """Memory of `count` robots that have just been switched on."""

    def observe(self, sensors: Sensors, memory: M) -> tuple[Tensor, M]:
        """Observation (E, N) of `sensors`, and the updated memory."""

    def act(self, action: Tensor, memory: M) -> tuple[JointCommand, M]:
        """Joint commands for the `action` (E, A) in -1..1, and the updated memory."""

    def mirrored(self, memory: M) -> Tensor:
        """Whether the network sees and moves the robot's mirror image, (E, 1)."""


def with_rows(memory: M, rows: list[int], fresh: M) -> M:
    """`memory` with its `rows` replaced by those of `fresh`, in the order of `rows`."""
    chosen = torch.tensor(rows)
    parts = zip(memory, fresh, strict=True)
    return type(memory)(*(old.index_copy(0, chosen, new) for old, new in parts))


class Controllers(Generic[M_co]):
    """One controller for E robots, and what it remembers of each.

    Attributes:
        controller: the controller of all robots.
        memory: the memory of all robots.
    """

    def __init__(self, controller: ControllerProgram[M_co], count: int) -> None:
        self.controller = controller
        self.memory = controller.start(count)

    def begin(self, rows: list[int], sensors: Sensors) -> NDArray[np.float32]:
        """Switch the controllers of `rows` on. Returns their first observations (R, N)."""
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
        """Joint commands of all robots for `actions` (E, A) in -1..1."""
        with torch.inference_mode():
            command, self.memory = self.controller.act(torch.from_numpy(actions), self.memory)
        return command

    def action(self) -> NDArray[np.float64]:
        """The smoothed actions in effect, (E, A)."""
        return self.memory.action.numpy().astype(np.float64)

    def mirrored(self) -> NDArray[np.bool_]:
        """Which robots' networks see and move the mirror image, (E, 1)."""
        return self.controller.mirrored(self.memory).numpy()
