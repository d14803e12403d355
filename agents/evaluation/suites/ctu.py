"""The two sets of stairs on which CTU Prague judged its learned flippers (MARV, 105 million steps
in its own engine: 88.5% and 45.4% arrived), drawn anew from a seed.

Their stairs fill a square of terrain, 6.4 m wide in their generator's own example, in any
direction: a tread is the terrain's extent in that direction over the number of steps. Half of ours
are climbed, half descended. Robot, engine, friction and sensors are ours, so the figures say how
hard the stairs are, not which training is better.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from agents.evaluation.episodes.config import EvaluateConfig, plan
from agents.evaluation.episodes.results import pool
from agents.evaluation.episodes.trials import Trials
from agents.evaluation.suites.suite import Judgement, judge_sets
from envs.task.staircase import TREAD_RANGE, Direction, Staircase

TERRAIN = 6.4
"""Width of the square of terrain [m]."""
SECONDS = 60.0
"""Time limit of an episode: such a flight is up to 14 m long."""
DIRECTIONS: tuple[Direction, ...] = ("up", "down")


class StairSet(NamedTuple):
    """Ranges of the number of steps and of their height [m]."""

    fewest: int
    most: int
    lowest: float
    highest: float


TABLE = {
    "CTU: 3-6 steps of 15-30 cm": StairSet(fewest=3, most=6, lowest=0.15, highest=0.30),
    "CTU: 6-10 steps of 20-40 cm": StairSet(fewest=6, most=10, lowest=0.20, highest=0.40),
}


def judge(config: EvaluateConfig) -> Judgement:
    """Play both sets.

    Raises:
        WorkerError: a worker process died or failed.
    """
    return judge_sets(config, plans(config), pool)


def plans(config: EvaluateConfig) -> Iterator[tuple[str, Trials]]:
    """The trials on each set, by its name: one episode a flight.

    Raises:
        ValueError: something cannot be done; the message is one line and names the remedy.
    """
    base = plan(replace(config, seconds=SECONDS))
    for number, (name, bounds) in enumerate(TABLE.items()):
        rng = np.random.default_rng([config.seed, number])
        flights = tuple(
            _flight(rng, bounds, way) for _ in range(config.episodes) for way in DIRECTIONS
        )
        yield name, replace(base, flights=flights, episodes=1)


def _flight(rng: np.random.Generator, bounds: StairSet, way: Direction) -> Staircase:
    steps = int(rng.integers(bounds.fewest, bounds.most + 1))
    angle = rng.uniform(0, 2 * np.pi)
    tread = TERRAIN * (abs(np.cos(angle)) + abs(np.sin(angle))) / steps
    return Staircase(
        float(rng.uniform(bounds.lowest, bounds.highest)),
        float(min(tread, TREAD_RANGE[1])),
        steps,
        direction=way,
    )
