"""Robots for tests."""

from typing import Any

import numpy as np

from envs.climb import ClimbBatch
from envs.randomization import Values
from envs.robots import GO2
from envs.scenario import Scenario, from_options


def scenario(seed: int = 0, values: Values | None = None, **options: Any) -> Scenario:
    """A nominal trial on a flight that `options` describe; `values` replaces rows of the randomisation table."""
    made = from_options(np.random.default_rng(seed), GO2, options, "nominal")
    made.values.update(values or {})
    return made


def started(*scenarios: Scenario, seed: int = 0) -> ClimbBatch:
    """A batch with one robot for each scenario, all of them drawing from equal generators."""
    batch = ClimbBatch(GO2, len(scenarios))
    batch.reset(dict(enumerate(scenarios)), {row: np.random.default_rng(seed) for row in range(len(scenarios))})
    return batch


def idle(batch: ClimbBatch) -> np.ndarray:
    """Actions that leave the trot alone."""
    return np.zeros((batch.count, batch.actions), np.float32)
