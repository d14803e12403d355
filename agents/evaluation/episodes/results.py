"""Results of an evaluation: one cell a flight, as a table and as a record for JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

from agents.evaluation.episodes.statistics import wilson
from agents.evaluation.episodes.trials import Trial, TrialOutcome, Trials
from agents.versions import versions
from envs.task.staircase import Direction, Staircase

FAILURES = {"fall": "fall", "timeout": "stuck", "off_side": "off_side"}
"""Names of failures in results, by the end of the episode."""


@dataclass(frozen=True)
class Cell:
    """Results of all episodes on one flight. Means are over the successful ones, None if there are
    none.
    """

    riser: float
    tread: float
    direction: Direction
    steps: int
    episodes: int
    successes: int
    rate: float
    ci95: tuple[float, float]
    """Wilson interval of the rate."""
    mean_seconds: float | None
    """Mean time to arrive [s]."""
    mean_speed: float | None
    """Mean speed along the flight [m/s]."""
    cost_of_transport: float | None
    """Mechanical work over weight and way along the flight."""
    pitch_rate: float | None
    """Mean of the largest pitch rate of an episode [rad/s]."""
    jolt: float | None
    """Mean of the largest change of the base's vertical speed in a control step [m/s]: what a robot
    hits the ground with when it tips over an edge.
    """
    failures: dict[str, int]
    """Number of episodes that ended in a fall, out of time, or off the side of the stairs."""


Summary = Callable[[Trials, Mapping[Trial, TrialOutcome]], list[Cell]]
"""Makes cells of what came of trials."""


def summarise(trials: Trials, outcomes: Mapping[Trial, TrialOutcome]) -> list[Cell]:
    """One cell a flight, in the order of `trials.flights`."""
    return [
        _cell([stairs], [outcomes[Trial(stairs, episode)] for episode in range(trials.episodes)])
        for stairs in trials.flights
    ]


def pool(trials: Trials, outcomes: Mapping[Trial, TrialOutcome]) -> list[Cell]:
    """One cell a direction, over all flights that go there; riser, tread and steps are means."""
    ways = dict.fromkeys(stairs.direction for stairs in trials.flights)
    return [
        _cell(
            [s for s in trials.flights if s.direction == way],
            [outcomes[trial] for trial in trials.each if trial.stairs.direction == way],
        )
        for way in ways
    ]


def _cell(flights: Sequence[Staircase], outcomes: Sequence[TrialOutcome]) -> Cell:
    arrived = [outcome for outcome in outcomes if outcome.end == "arrived"]
    return Cell(
        riser=fmean(stairs.riser for stairs in flights),
        tread=fmean(stairs.tread for stairs in flights),
        direction=flights[0].direction,
        steps=round(fmean(stairs.steps for stairs in flights)),
        episodes=len(outcomes),
        successes=len(arrived),
        rate=len(arrived) / len(outcomes),
        ci95=wilson(len(arrived), len(outcomes)),
        mean_seconds=_mean([outcome.seconds for outcome in arrived]),
        mean_speed=_mean([outcome.speed for outcome in arrived]),
        cost_of_transport=_mean([outcome.cost_of_transport for outcome in arrived]),
        pitch_rate=_mean(
            [outcome.pitch_rate for outcome in arrived if outcome.pitch_rate is not None]
        ),
        jolt=_mean([outcome.jolt for outcome in arrived if outcome.jolt is not None]),
        failures={
            ours: sum(outcome.end == end for outcome in outcomes) for end, ours in FAILURES.items()
        },
    )


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def record(trials: Trials, cells: Sequence[Cell]) -> dict[str, object]:
    """The results and what they were made with, as JSON has it."""
    settings = {
        name: getattr(trials, name)
        for name in (
            "policy",
            "robot",
            "seed",
            "randomize",
            "speed",
            "seconds",
            "irregularity",
            "start_angle",
            "friction",
        )
    }
    return settings | {"versions": versions(), "cells": [asdict(cell) for cell in cells]}


HEAD = (
    "riser",
    "tread",
    "direction",
    "steps",
    "success",
    "95% interval",
    "time",
    "speed",
    "cost of transport",
    "pitch rate",
    "jolt",
    "fell",
    "stuck",
    "off the side",
)


def table(cells: Sequence[Cell], names: Sequence[str] = ()) -> str:
    """The cells as a Markdown table that is also aligned as text; `names` of the stairs, one a
    cell, come first.
    """
    rows = [HEAD, *(_row(cell) for cell in cells)]
    if names:
        rows = [(name, *row) for name, row in zip(("stairs", *names), rows, strict=True)]
    widths = [max(len(text) for text in column) for column in zip(*rows, strict=True)]
    lines = [
        "| " + " | ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _row(cell: Cell) -> tuple[str, ...]:
    low, high = cell.ci95
    return (
        f"{100 * cell.riser:.1f} cm",
        f"{100 * cell.tread:.1f} cm",
        cell.direction,
        str(cell.steps),
        f"{cell.successes}/{cell.episodes} {100 * cell.rate:.0f}%",
        f"{100 * low:.0f}-{100 * high:.0f}%",
        _figure(cell.mean_seconds, ".1f", " s"),
        _figure(cell.mean_speed, ".2f", " m/s"),
        _figure(cell.cost_of_transport, ".2f", ""),
        _figure(cell.pitch_rate, ".1f", " rad/s"),
        _figure(cell.jolt, ".2f", " m/s"),
        *(str(cell.failures[name]) for name in FAILURES.values()),
    )


def _figure(value: float | None, form: str, unit: str) -> str:
    return "-" if value is None else f"{value:{form}}{unit}"
