"""How far an artefact is from the simulator's own controller."""

import numpy as np
import torch

from deploy.runtime.bundle.program import Artefact
from envs.climb import ClimbBatch
from envs.robots.spec import RobotSpec
from envs.task.scenario import trial
from envs.task.staircase import Staircase
from tests.support.bundles import random_actor


def worst_over_an_episode(
    artefact: Artefact, spec: RobotSpec, stairs: Staircase, seed: int, steps: int
) -> np.ndarray:
    """Largest deviation of each part of the command from the simulator's own controller, (5,)."""
    actor = random_actor(spec=spec)
    batch = ClimbBatch(spec, 1)
    rng = np.random.default_rng(seed)
    observation, _ = batch.reset({0: trial(rng, spec, stairs)}, {0: rng})
    artefact.reset()
    worst = np.zeros(5)
    for _ in range(steps):
        said = artefact.step(*(part[0].numpy() for part in batch.sensors))
        with torch.inference_mode():
            result = batch.step(actor(torch.from_numpy(observation)).numpy())
        observation = result.policy
        worst = np.maximum(
            worst,
            [
                np.abs(ours - theirs[0].numpy()).max()
                for ours, theirs in zip(said, batch.command, strict=True)
            ],
        )
        if result.end[0]:
            break
    batch.close()
    return worst
