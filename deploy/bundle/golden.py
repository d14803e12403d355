"""Golden traces recorded from the simulator."""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from agents.networks import Actor
from deploy.runtime.bundle.trace import GoldenTrace
from envs.physics.quiet import quiet
from envs.programs.sensors import JointCommand, Sensors
from envs.robots.spec import RobotSpec
from envs.task.scenario import blindfolded, trial
from envs.task.staircase import Staircase

if TYPE_CHECKING:
    from envs.climb import ClimbBatch

STEPS = 400
"""Control steps in a bundle's golden traces: 8 s."""
EPISODE = 100
"""Longest episode in the golden traces, in control steps; up and down take turns."""
RISER = 0.10
"""Height of a step of the flights in them [m]."""


def record(spec: RobotSpec, actor: Actor, steps: int, blind: bool = False) -> GoldenTrace:
    """`steps` control steps of seeded episodes, up and down in turn, everything randomised, without
    a height map if `blind`; the same every time on the same machine.
    """
    # Only here: whoever verifies a bundle needs no simulator.
    with quiet():
        from envs.climb import ClimbBatch
    batch = ClimbBatch(spec, 1)
    try:
        rows = [row for row, _ in zip(_rows(batch, actor, blind), range(steps), strict=False)]
    finally:
        batch.close()
    starts, sensors, commands = zip(*rows, strict=True)
    return GoldenTrace(
        _stacked(Sensors._fields, sensors),
        _stacked(JointCommand._fields, commands),
        np.array(starts),
    )


def _rows(
    batch: "ClimbBatch", actor: Actor, blind: bool
) -> Iterator[tuple[bool, Sensors, JointCommand]]:
    """Whether an episode begins, what the sensors said and what the simulator's own controller
    answered; without end.
    """
    for seed in count():
        rng = np.random.default_rng(seed)
        stairs = Staircase(riser=RISER, direction="down" if seed % 2 else "up")
        scenario = trial(rng, batch.spec, stairs, irregularity=0.01)
        observation, _ = batch.reset({0: blindfolded(scenario) if blind else scenario}, {0: rng})
        for step in range(EPISODE):
            sensors = batch.sensors
            with torch.inference_mode():
                action = actor(torch.from_numpy(observation))
            result = batch.step(action.numpy())
            yield step == 0, sensors, batch.command
            observation = result.policy
            if result.end[0]:
                break


def _stacked(names: tuple[str, ...], rows: tuple[tuple[Tensor, ...], ...]) -> dict[str, np.ndarray]:
    return {
        name: np.concatenate([part.numpy() for part in parts])
        for name, parts in zip(names, zip(*rows, strict=True), strict=True)
    }
