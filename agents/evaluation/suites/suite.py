"""A suite: what is judged, and how it is played."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from agents.evaluation.episodes.config import EvaluateConfig
from agents.evaluation.episodes.results import Summary, record, table
from agents.evaluation.episodes.trials import Trials, run


class Judgement(NamedTuple):
    """Results of a suite."""

    table: str
    """The results as Markdown."""
    record: Mapping[str, object]
    """The results and what they were made with, as JSON has them."""


class Suite(NamedTuple):
    """One row of the table of suites."""

    meaning: str
    """What is judged, as --help says it."""
    judge: Callable[[EvaluateConfig], Judgement]
    """Plays the suite. Its configuration has been checked, and names the policy's robot.

    Raises:
        OSError: a file cannot be written after all.
        WorkerError: a worker process died or failed.
    """
    drawn: bool = False
    """Whether the suite can be plotted, filmed and compared with another policy."""


def judge_sets(
    config: EvaluateConfig, sets: Iterable[tuple[str, Trials]], summarise: Summary
) -> Judgement:
    """Play several sets of trials, by name; `summarise` makes the rows of one set.

    Raises:
        WorkerError: a worker process died or failed.
    """
    names = []
    cells = []
    records = {}
    for name, trials in sets:
        found = summarise(trials, run(trials, config.workers))
        names += [name] * len(found)
        cells += found
        records[name] = record(trials, found)
    return Judgement(table(cells, names), records)
