"""Stairs as CTU Prague published them."""

import numpy as np

from agents.evaluation.episodes.config import EvaluateConfig
from agents.evaluation.episodes.results import pool
from agents.evaluation.episodes.trials import TrialOutcome
from agents.evaluation.suites import ctu


def test_flights_are_within_what_was_published_and_follow_the_seed() -> None:
    config = EvaluateConfig("scripted", robot="tracked", episodes=50, seed=3)
    plans = dict(ctu.plans(config))
    assert plans == dict(ctu.plans(config))
    for name, kind in ctu.TABLE.items():
        flights = plans[name].flights
        assert len(flights) == 100
        assert {stairs.steps for stairs in flights} == set(range(kind.fewest, kind.most + 1))
        assert (
            kind.lowest
            <= min(stairs.riser for stairs in flights)
            < max(stairs.riser for stairs in flights)
            <= kind.highest
        )
        extents = np.array([stairs.steps * stairs.tread for stairs in flights])
        assert extents.min() > 6.3
        assert extents.max() < 6.4 * np.sqrt(2) + 1e-6


def test_a_set_is_one_cell_a_direction() -> None:
    (_, trials), _ = ctu.plans(EvaluateConfig("scripted", robot="tracked", episodes=4, seed=3))
    outcomes = {
        trial: TrialOutcome(
            end="arrived" if trial.stairs.direction == "up" else "fall",
            seconds=5.0,
            speed=0.5,
            cost_of_transport=1.0,
            pitch_rate=1.5,
            jolt=0.2,
        )
        for trial in trials.each
    }
    up, down = pool(trials, outcomes)
    assert (up.direction, up.successes, up.episodes, up.pitch_rate, up.jolt) == (
        "up",
        4,
        4,
        1.5,
        0.2,
    )
    assert (down.direction, down.successes, down.failures["fall"], down.jolt) == (
        "down",
        0,
        4,
        None,
    )
