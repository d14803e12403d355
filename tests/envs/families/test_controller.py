"""The controllers of a batch."""

import numpy as np
import torch

from envs.families import family
from envs.families.controller import with_rows
from envs.programs.legged import Memory
from envs.robots.go2 import GO2
from tests.support.helpers import idle, scenario, started


def test_rows_of_a_memory_are_replaced_and_the_others_stay() -> None:
    memory = family(GO2).controllers(GO2, 3).memory
    assert isinstance(memory, Memory)
    fresh = Memory(*(torch.full_like(part[:2], 7) for part in memory))
    merged = with_rows(memory, [2, 0], fresh)
    for part, before in zip(merged, memory, strict=True):
        assert torch.equal(part[1], before[1])
        assert bool((part[[0, 2]] == torch.full_like(part[[0, 2]], 7)).all())


def test_a_robot_that_starts_anew_leaves_the_others_memory_alone() -> None:
    drawn = scenario(riser=0.0)
    batch = started(drawn, drawn)
    for _ in range(5):
        batch.step(idle(batch) + np.float32(0.5))
    before = batch.controllers.action()
    batch.reset({0: drawn}, {0: np.random.default_rng(0)})
    after = batch.controllers.action()
    assert before.all()
    assert not after[0].any()
    assert np.array_equal(after[1], before[1])
    batch.close()


def test_sizes_are_those_of_the_controller() -> None:
    made = family(GO2).controllers(GO2, 2)
    assert made.action().shape == (2, made.controller.actions)
    assert made.mirrored().shape == (2, 1)
