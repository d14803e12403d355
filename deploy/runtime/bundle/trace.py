"""Golden traces: what the sensors said and what the controller answered, step by step, as recorded
from the simulator.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.runtime.bundle.manifest import Manifest, names

Array = NDArray[np.float32]


@dataclass(frozen=True)
class GoldenTrace:
    """T control steps of one robot, in one or more episodes."""

    sensors: dict[str, Array]
    """Sensors by the names and in the order of the manifest's, each (T, ...)."""
    commands: dict[str, Array]
    """Commands by the names and in the order of the manifest's, each (T, J)."""
    starts: NDArray[np.bool_]
    """Whether the controller was reset before the step, (T,)."""

    def __len__(self) -> int:
        return len(self.starts)

    def reading(self, step: int) -> tuple[Array, ...]:
        """The sensors of one step, without a batch dimension."""
        return tuple(part[step] for part in self.sensors.values())


def to_bytes(trace: GoldenTrace) -> bytes:
    """The trace as .npz; the same trace gives the same bytes."""
    buffer = io.BytesIO()
    sensors = {f"sensors.{name}": part for name, part in trace.sensors.items()}
    commands = {f"commands.{name}": part for name, part in trace.commands.items()}
    np.savez(buffer, allow_pickle=False, starts=trace.starts, **sensors, **commands)
    return buffer.getvalue()


def from_bytes(data: bytes, about: Manifest) -> GoldenTrace:
    """The trace that `to_bytes` wrote, of a program with the sensors and commands of `about`.

    Raises:
        KeyError, ValueError: it is something else.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        sensors = {name: stored[f"sensors.{name}"] for name in names(about.sensors)}
        commands = {name: stored[f"commands.{name}"] for name in names(about.commands)}
        return GoldenTrace(sensors, commands, stored["starts"])
