"""Robots for tests."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from envs.climb import ClimbBatch
from envs.programs.mirror import Mirror
from envs.programs.sensors import Sensors
from envs.robots.go2 import GO2
from envs.task.randomization import Values
from envs.task.scenario import Scenario, from_options


def scenario(seed: int = 0, values: Values | None = None, **options: Any) -> Scenario:
    """A nominal trial on a flight that `options` describe.

    `values` replaces rows of the randomisation table.
    """
    made = from_options(
        rng=np.random.default_rng(seed), spec=GO2, options=options, randomize="nominal"
    )
    made.values.update(values or {})
    return made


def started(*scenarios: Scenario, seed: int = 0) -> ClimbBatch:
    """A batch with one robot for each scenario, all of them drawing from equal generators."""
    batch = ClimbBatch(GO2, len(scenarios))
    batch.reset(
        dict(enumerate(scenarios)),
        {row: np.random.default_rng(seed) for row in range(len(scenarios))},
    )
    return batch


def idle(batch: ClimbBatch) -> np.ndarray:
    """Actions that leave the trot alone."""
    return np.zeros((batch.count, batch.actions), np.float32)


def image_of(seen: Sensors, exchanged: Callable[[torch.Tensor], torch.Tensor]) -> Sensors:
    """Readings of a robot's mirror image; `exchanged` turns its joints into the image's."""
    return Sensors(
        gravity_in_base=seen.gravity_in_base * torch.tensor([1.0, -1.0, 1.0]),
        angular_velocity_base_in_base=seen.angular_velocity_base_in_base
        * torch.tensor([-1.0, 1.0, -1.0]),
        joint_position=exchanged(seen.joint_position),
        joint_velocity=exchanged(seen.joint_velocity),
        command=seen.command * torch.tensor([1.0, -1.0]),
        height_map=seen.height_map.flip(2),
    )


def tensors(mirror: Mirror) -> tuple[torch.Tensor, torch.Tensor]:
    """Order and sign of a mirror, (N,) each."""
    return torch.tensor(mirror.order), torch.tensor(mirror.sign)
