"""Stairs unlike any in training: the settings of an evaluation that make them."""

from collections.abc import Iterator

from agents.evaluation.episodes.config import EvaluateConfig, plan
from agents.evaluation.episodes.results import summarise
from agents.evaluation.episodes.trials import Trials
from agents.evaluation.suites.suite import Judgement, judge_sets
from envs.settings import changed

TABLE: dict[str, dict[str, object]] = {
    "regular": {},
    "irregular, ±1.5 cm": {"irregularity": 0.015},
    "nosing of 2.5 cm": {"nosing": 0.025},
    "open risers": {"open_risers": True, "nosing": 0.025},
    "landing in the middle": {"landing_after": 5},
    "0.8 m wide": {"width": 0.8},
    "started 20 degrees off axis": {"start_angle": 20.0},
    "wet: friction 0.3": {"friction": 0.3},
}


def judge(config: EvaluateConfig) -> Judgement:
    """Play all kinds of stairs.

    Raises:
        WorkerError: a worker process died or failed.
    """
    return judge_sets(config, plans(config), summarise)


def plans(config: EvaluateConfig) -> Iterator[tuple[str, Trials]]:
    """The trials on each kind of stairs, by its name.

    Raises:
        ValueError: something cannot be done; the message is one line and names the remedy.
    """
    for name, fields in TABLE.items():
        yield name, plan(changed(config, fields))
