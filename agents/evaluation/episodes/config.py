"""The configuration of an evaluation: `evaluate.py --help` is made from it."""

import math
import os
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, cast

from agents.evaluation.episodes.trials import Trials
from agents.outputs import unwritable
from envs.robots import ROBOTS
from envs.settings import Within, out_of_range
from envs.task.randomization import Randomize
from envs.task.staircase import Direction, Staircase

LANDING_LENGTH = 1.2
"""Length of a landing between two flights [m]."""
PLOT_SUFFIXES = (".png", ".svg", ".pdf")


@dataclass(frozen=True)
class EvaluateConfig:
    """Success rate with its 95% interval, time, speed, cost of transport and failures on every
    combination of risers, treads and directions.
    """

    policy: str
    """A shipped policy, a run's folder, a checkpoint, or a baseline: zero (no policy; of a tracked
    robot: fixed flippers), scripted (of a tracked robot: flippers that follow the ground),
    random.
    """
    against: str | None = None
    """Another policy, which plays the same episodes: the paired difference of the success rates,
    and a verdict where its interval excludes 0.
    """
    suite: str = "flights"
    """What is judged: a name in the list of suites above."""
    risers: str = "0.10,0.15"
    """Heights of a step [m], with commas between; 0 is flat ground."""
    treads: str = "0.28"
    """Depths of a step [m], with commas between."""
    directions: str = "up,down"
    """up, down or both, with a comma between."""
    episodes: Annotated[int, Within(1, 100_000)] = 100
    """Episodes on each flight."""
    seed: Annotated[int, Within(0, 2**63)] = 7
    """Random seed; the same one gives the same results, whatever the number of workers."""
    randomize: Randomize = "nominal"
    """"full" draws the randomisation table in every episode, "nominal" uses its nominal values."""
    json: Path | None = None
    """Write the results as JSON to this file."""
    video: Path | None = None
    """Write an H.264 video (.mp4) to this file: an episode in each direction, drawn by the seed."""
    plot: Path | None = None
    """Write a plot of success against riser (.png, .svg, .pdf) to this file."""
    robot: str = "go2"
    """Which robot a baseline drives; a trained policy knows its own."""
    steps: int = 10
    """Steps of a flight."""
    width: float = 1.6
    """Width of the flight [m]."""
    irregularity: Annotated[float, Within(0.0, 0.02)] = 0.0
    """Largest error of a riser or tread [m]."""
    nosing: float = 0.0
    """Overhang of the treads [m]."""
    open_risers: bool = False
    """Build the flight without risers: there is nothing between one tread and the next."""
    landing_after: int = 0
    """Number of steps before a landing of 1.2 m, after which the others follow; 0: no landing."""
    start_angle: Annotated[float, Within(0.0, 60.0)] = 0.0
    """Angle between robot and flight at the start [deg], to either side."""
    friction: Annotated[float | None, Within(0.05, 2.0)] = None
    """Coulomb coefficient between robot and stairs; left out: as --randomize says."""
    speed: Annotated[float, Within(0.05, 1.5)] = 0.5
    """Commanded speed [m/s]."""
    seconds: Annotated[float, Within(1.0, 120.0)] = 20.0
    """Time limit of an episode [s]."""
    workers: Annotated[int, Within(1, 256)] = os.cpu_count() or 1
    """Worker processes."""


def plan(config: EvaluateConfig) -> Trials:
    """The trials that `config` asks for, its output files checked.

    Raises:
        ValueError: something cannot be done; the message is one line and names the remedy.
    """
    if problem := out_of_range(config):
        raise ValueError(problem)
    if config.robot not in ROBOTS:
        raise ValueError(f"unknown robot {config.robot!r}; use {', '.join(ROBOTS)}")
    risers = _numbers("risers", config.risers)
    treads = _numbers("treads", config.treads)
    # What is no direction, Staircase refuses.
    ways = dict.fromkeys(cast("Direction", way.strip()) for way in config.directions.split(","))
    flights = tuple(
        _flight(config=config, riser=riser, tread=tread, way=way)
        for tread, way, riser in product(treads, ways, risers)
    )
    _check_outputs(config)
    same = {
        name: getattr(config, name)
        for name in (
            "policy",
            "robot",
            "episodes",
            "seed",
            "randomize",
            "speed",
            "seconds",
            "irregularity",
            "friction",
        )
    }
    return Trials(flights=flights, start_angle=math.radians(config.start_angle), **same)


def _flight(config: EvaluateConfig, riser: float, tread: float, way: Direction) -> Staircase:
    if config.landing_after and config.irregularity:
        raise ValueError(
            "a landing between regular steps only; leave out --irregularity or --landing-after"
        )
    if not 0 <= config.landing_after < config.steps:
        raise ValueError(
            f"landing_after is {config.landing_after}; use 0 (none) to {config.steps - 1}, one "
            "less than the steps"
        )
    longer = (
        tuple(
            (LANDING_LENGTH - tread) * (step == config.landing_after)
            for step in range(1, config.steps + 1)
        )
        if config.landing_after
        else ()
    )
    return Staircase(
        riser=riser,
        tread=tread,
        steps=config.steps,
        width=config.width,
        direction=way,
        tread_error=longer,
        nosing=config.nosing,
        open_risers=config.open_risers,
    )


def _numbers(name: str, text: str) -> list[float]:
    try:
        return list(dict.fromkeys(float(number) for number in text.split(",")))
    except ValueError:
        raise ValueError(
            f"{name} is {text!r}; use numbers [m] with commas between, such as 0.10,0.15"
        ) from None


def _check_outputs(config: EvaluateConfig) -> None:
    paths = [path for path in (config.json, config.video, config.plot) if path is not None]
    if len({path.absolute() for path in paths}) < len(paths):
        raise ValueError("two outputs have the same name; give each its own file")
    if config.video is not None and config.video.suffix != ".mp4":
        raise ValueError(f"video is {config.video}; use a name that ends in .mp4")
    if config.plot is not None and config.plot.suffix not in PLOT_SUFFIXES:
        raise ValueError(
            f"plot is {config.plot}; use a name that ends in {', '.join(PLOT_SUFFIXES)}"
        )
    for problem in filter(None, map(unwritable, paths)):
        raise ValueError(problem)
