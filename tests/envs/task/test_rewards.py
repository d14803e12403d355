"""Each reward term by hand, and the table's promises."""

import math

import numpy as np
import pytest

from envs.robots.go2 import GO2
from envs.task import rewards
from envs.task.rewards import Step

TABLE = rewards.table(GO2.rewards)
WEIGHTS = {row.term.__name__: row.weight for row in TABLE}


def step(
    velocity: tuple[float, float, float] = (0.5, 0.0, 0.0),
    forward: float = 0.5,
    spin: tuple[float, float, float] = (0.0, 0.0, 0.0),
    gravity: tuple[float, float, float] = (0.0, 0.0, -1.0),
    command: tuple[float, float] = (0.5, 0.0),
    power: float = 0.0,
    load: float = 0.0,
    action: float = 0.0,
    previous: float = 0.0,
    jolt: float = 0.0,
) -> Step:
    """A robot that walks as it is told, but for what is named."""
    parts = (
        velocity,
        forward,
        spin,
        gravity,
        command,
        power,
        load,
        (action,) * 13,
        (previous,) * 13,
        jolt,
    )
    return Step(*(np.array([part]) for part in parts))


@pytest.mark.parametrize(
    ("term", "made", "expected"),
    [
        (rewards.alive, step(), 1.0),
        (rewards.progress, step(), 1.0),
        (rewards.progress, step(forward=0.25), 0.5),
        (rewards.progress, step(forward=0.75), 0.5),
        (rewards.progress, step(forward=1.0), 0.0),
        (rewards.progress, step(forward=-0.25), -0.5),
        (rewards.progress, step(forward=-9.0), -1.0),
        (rewards.progress, step(forward=9.0), -1.0),
        (rewards.progress, step(forward=0.0, command=(0.0, 0.0)), 1.0),
        (rewards.progress, step(forward=0.15, command=(0.0, 0.0)), math.exp(-1)),
        (rewards.turning, step(spin=(0, 0, 0.3), command=(0.5, 0.3)), 1.0),
        (rewards.turning, step(spin=(0, 0, 0.6)), math.exp(-1)),
        (rewards.sideways, step(velocity=(0.5, -0.2, 0.1)), 0.04),
        (rewards.wobble, step(spin=(1.0, 2.0, 7.0)), 5.0),
        (rewards.roll, step(gravity=(0.0, 0.6, -0.8)), 0.36),
        (rewards.power, step(power=120.0), 120.0),
        (rewards.load, step(load=0.3), 0.3),
        (rewards.jerk, step(action=0.5, previous=0.3), 13 * 0.04),
        (rewards.shock, step(jolt=-0.3), 0.09),
        (rewards.effort, step(action=0.5), 13 * 0.25),
    ],
)
def test_a_term_is_what_it_says(term: object, made: Step, expected: float) -> None:
    assert callable(term)
    assert term(made) == pytest.approx([expected])


def test_a_term_stands_in_the_table_once() -> None:
    assert len(set(rewards.names(GO2.rewards))) == len(TABLE)


def test_the_reward_is_the_weighted_sum_per_second() -> None:
    reward, terms = rewards.evaluate(step(velocity=(0.5, 0.2, 0.0), power=100.0), 0.02, TABLE)
    expected = (
        WEIGHTS["alive"]
        + WEIGHTS["progress"]
        + WEIGHTS["turning"]
        + 0.04 * WEIGHTS["sideways"]
        + 100.0 * WEIGHTS["power"]
    )
    assert reward == pytest.approx([0.02 * expected])
    assert terms.sum() == pytest.approx(reward[0])
    assert terms[0, rewards.names(GO2.rewards).index("sideways")] == pytest.approx(
        0.02 * 0.04 * WEIGHTS["sideways"]
    )


def test_costs_can_make_a_step_worthless_but_not_worse() -> None:
    reward, terms = rewards.evaluate(
        step(forward=-1.0, spin=(9.0, 9.0, 9.0), power=1e4, action=1.0, previous=-1.0), 0.02, TABLE
    )
    assert reward == [0.0]
    assert terms.sum() < 0.0


def test_arriving_pays_at_least_what_walking_on_for_ever_would() -> None:
    best, _ = rewards.evaluate(step(), 0.02, TABLE)
    assert best[0] / (1 - 0.99) <= GO2.rewards.arrival + 1e-9


def test_the_table_is_described_term_by_term() -> None:
    assert [line.split()[0] for line in rewards.describe(GO2.rewards).splitlines()] == [
        *rewards.names(GO2.rewards),
        "fall",
        "arrival",
    ]
