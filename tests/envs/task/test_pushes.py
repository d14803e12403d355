"""When robots are pushed."""

import numpy as np
import pytest

from envs.task.pushes import PUSH_EVERY, Push, Pushes

STEP = 0.02
MOST = 0.8


def drawn(seed: int, steps: int, most: float = MOST, count: int = 1) -> list[tuple[int, Push]]:
    """Pushes of so many control steps, with the step of each."""
    generators = [np.random.default_rng([seed, row]) for row in range(count)]
    pushes = Pushes(count, STEP)
    for row, generator in enumerate(generators):
        pushes.begin(row, most, generator)
    return [(step, push) for step in range(steps) for push in pushes.due(generators)]


def test_pushes_are_as_far_apart_as_they_may_be() -> None:
    steps = [step for step, _ in drawn(seed=1, steps=10_000)]
    between = STEP * np.diff(steps)
    assert PUSH_EVERY[0] <= between.min()
    assert between.max() < PUSH_EVERY[1]


def test_pushes_are_level_and_at_most_as_hard_as_the_episode_says() -> None:
    velocities = np.array([velocity for _, (_, velocity) in drawn(seed=2, steps=10_000)])
    speeds = np.linalg.norm(velocities, axis=1)
    assert not velocities[:, 2].any()
    assert speeds.max() == pytest.approx(MOST, rel=0.1)
    assert speeds.max() <= MOST


def test_without_pushes_there_are_none() -> None:
    assert drawn(seed=3, steps=1000, most=0.0) == []


def test_a_robots_pushes_do_not_depend_on_its_neighbours() -> None:
    alone = drawn(seed=4, steps=2000)
    first = [(step, push) for step, push in drawn(seed=4, steps=2000, count=3) if push[0] == 0]
    assert first == alone
