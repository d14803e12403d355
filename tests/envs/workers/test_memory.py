"""Memory stays flat however often robots start anew, and a worker needs little of it."""

from pathlib import Path

import numpy as np
import pytest

from envs.climb import ClimbBatch
from envs.robots.go2 import GO2
from envs.task.curriculum import Curriculum, CurriculumConfig
from envs.task.scenario import practice
from envs.workers.pool import Pool
from envs.workers.worker import Job


def resident(process: int | str = "self") -> float:
    """Memory that a process holds [MB]."""
    (line,) = (
        line
        for line in Path(f"/proc/{process}/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    )
    return int(line.split()[1]) / 1024


@pytest.mark.long
def test_ten_thousand_resets_leave_memory_flat() -> None:
    batch = ClimbBatch(GO2, 1)
    curriculum = Curriculum(CurriculumConfig(), 1)
    action = np.zeros((1, batch.actions), np.float32)
    levels = CurriculumConfig().levels

    def start(number: int) -> None:
        rng = np.random.default_rng(number)
        curriculum.level[:] = number % levels
        batch.reset(
            {0: practice(rng=rng, spec=GO2, curriculum=curriculum, row=0, randomize="full")},
            {0: rng},
        )
        batch.step(action)

    for number in range(1000):
        start(number)
    before = resident()
    for number in range(1000, 11_000):
        start(number)
    batch.close()
    assert resident() < 1.01 * before


@pytest.mark.long
def test_a_worker_with_eight_robots_needs_less_than_600_megabytes() -> None:
    pool = Pool(Job(spec=GO2, robots=8, seed=1, randomize="full", curriculum=CurriculumConfig()), 1)
    try:
        pool.shared["level"][:] = CurriculumConfig().levels - 1
        pool.ask("reset")
        for _ in range(100):
            pool.ask("step")
        assert resident(pool.processes[0].pid or 0) < 600
    finally:
        pool.close()
