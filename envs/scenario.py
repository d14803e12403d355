"""What one episode is: the flight, where the robot starts, what it is told, and what is random about it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from envs.curriculum import Curriculum
from envs.randomization import TABLE, Randomize, Values, draw
from envs.robots import RobotSpec
from envs.staircase import Staircase, sample_irregularity

START_DISTANCE = (0.7, 1.0)
"""Of the base from the first edge [m]."""
MAX_SPEED, MAX_SECONDS = 1.5, 3600.0
STAIRS_OPTIONS = ("riser", "tread", "steps", "width", "direction")
TRIAL_OPTIONS = ("irregularity", "speed", "seconds", "randomize")
OPTIONS = (*STAIRS_OPTIONS, *TRIAL_OPTIONS, *(row.name for row in TABLE if row.size == 1))
"""Keys that `reset(options=...)` takes: the flight, the task, and any single number of the randomisation table."""


@dataclass(frozen=True)
class Scenario:
    """One episode. x and y are the base's in the world [m]; `yaw` [rad] is away from the direction of the flight."""

    stairs: Staircase
    speed: float
    """Commanded forward speed [m/s]; 0 tells the robot to stand."""
    x: float
    y: float
    yaw: float
    seconds: float
    """Time limit [s]."""
    values: Values
    counts: bool = False
    """Whether the curriculum moves by this episode."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.speed <= MAX_SPEED:
            raise ValueError(f"speed is {self.speed} m/s; use 0 (stand) to {MAX_SPEED}")
        if not 0.0 < self.seconds <= MAX_SECONDS:
            raise ValueError(f"seconds is {self.seconds}; use more than 0, at most {MAX_SECONDS:g}")

    def goal_x(self, body_length: float) -> float:
        """Where the base must come [m]: one body length past the last edge."""
        return self.stairs.last_edge + self.stairs.heading * body_length


def trial(
    rng: np.random.Generator,
    spec: RobotSpec,
    stairs: Staircase,
    speed: float = 0.5,
    seconds: float = 20.0,
    randomize: Randomize = "full",
    irregularity: float = 0.0,
) -> Scenario:
    """A whole flight from its foot (or its landing), as evaluation uses it. `irregularity` [m] varies risers and treads step by step."""
    if irregularity > 0.0:
        risers, treads = (sample_irregularity(rng, stairs.steps, irregularity) for _ in range(2))
        stairs = replace(stairs, riser_error=risers, tread_error=treads)
    x = stairs.first_edge - stairs.heading * rng.uniform(*START_DISTANCE)
    aside = min(0.15, 0.5 * stairs.width - 0.3)
    values = draw(rng, len(spec.joint_names), randomize)
    return Scenario(stairs, speed, float(x), float(rng.uniform(-aside, aside)), float(rng.uniform(-0.15, 0.15)), seconds, values)


def practice(rng: np.random.Generator, spec: RobotSpec, curriculum: Curriculum, row: int, randomize: Randomize) -> Scenario:
    """A training episode: a flight of the robot's level, started before it or anywhere on it; sometimes flat ground, sometimes told to stand."""
    down = bool(rng.random() < curriculum.config.down)
    level, counts = curriculum.choose(row, down, rng)
    steps, stand, anywhere = int(rng.integers(4, 10)), rng.random() < 0.03, rng.random() < 0.5
    stairs = Staircase(
        riser=curriculum.config.riser(level) + float(rng.uniform(-0.005, 0.005)) * (level > 0),
        tread=float(rng.uniform(0.24, 0.34)),
        steps=steps,
        width=1.6,
        direction="down" if down else "up",
        riser_error=sample_irregularity(rng, steps, 0.005),
        tread_error=sample_irregularity(rng, steps, 0.01),
    )
    scenario = trial(rng, spec, stairs, speed=float(rng.uniform(0.3, 0.7)), seconds=14.0, randomize=randomize)
    if anywhere:
        way = abs(scenario.goal_x(spec.body_length) - scenario.x)
        scenario = replace(scenario, x=scenario.x + stairs.heading * float(rng.uniform(0.0, 0.75)) * way)
    if stand:
        return replace(scenario, speed=0.0, seconds=5.0)
    return replace(scenario, counts=counts)


def from_options(rng: np.random.Generator, spec: RobotSpec, options: dict[str, Any], randomize: Randomize) -> Scenario:
    """The episode that `reset(options=...)` asks for; what it leaves open has the defaults of `Staircase` and `trial`.

    Raises:
        ValueError: an unknown key, or a figure that no staircase can have.
    """
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise ValueError(f"unknown reset option {unknown}; use {', '.join(OPTIONS)}")
    stairs = Staircase(**{key: options[key] for key in STAIRS_OPTIONS if key in options})
    scenario = trial(rng, spec, stairs, **{"randomize": randomize} | {key: options[key] for key in TRIAL_OPTIONS if key in options})
    for row in TABLE:
        if row.name in options:
            scenario.values[row.name] = row.fixed(options[row.name])
    return scenario
