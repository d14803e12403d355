"""A scenario: the flight of one episode, the robot's start, its orders, and its random values."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.robots.ranges import Randomization, rows
from envs.robots.spec import RobotSpec
from envs.task.curriculum import Curriculum
from envs.task.randomization import Randomize, Values, draw
from envs.task.staircase import RISER_RANGE, Staircase, sample_irregularity

Array = NDArray[np.float64]

START_DISTANCE = (0.7, 1.0)
"""Shortest and longest distance of the base from the first edge at the start [m]."""
MAX_SPEED = 1.5
"""Largest forward speed that can be commanded [m/s]."""
MAX_SECONDS = 3600.0
"""Largest time limit [s]."""
ROAMING_SHARE = 0.06
"""Share of training episodes in which the robot roams on flat ground."""
STANDING_SHARE = 0.03
"""Share of training episodes in which the robot stands on a flight."""
OFF_AXIS = 0.4
"""Largest heading error at the start of a training episode [rad]."""
STAIRS_OPTIONS = ("riser", "tread", "steps", "width", "direction", "nosing", "open_risers")
"""Keys of `reset(options=...)` that describe the flight."""
TRIAL_OPTIONS = ("irregularity", "speed", "seconds", "randomize")
"""Keys of `reset(options=...)` that describe the task."""
OPTIONS = (
    *STAIRS_OPTIONS,
    *TRIAL_OPTIONS,
    *(row.name for row in rows(Randomization()) if row.size == 1),
)
"""Keys of `reset(options=...)`: the flight, the task, and single numbers of the randomisation."""


class Order(NamedTuple):
    """What the operator commands from a time on."""

    at: float
    """Time since the start of the episode [s]."""
    speed: float
    """Forward speed [m/s]; 0 tells the robot to stand."""
    yaw_rate: float | None = None
    """Yaw rate [rad/s]; None: whatever keeps the robot on the centre line of the flight."""


@dataclass(frozen=True)
class Scenario:
    """One episode."""

    stairs: Staircase
    """The flight."""
    speed: float
    """Forward speed commanded at the start [m/s]; 0 tells the robot to stand."""
    x: float
    """x of the base in the world at the start [m]."""
    y: float
    """y of the base in the world at the start [m]."""
    yaw: float
    """Heading error at the start: angle from the direction of the flight [rad]."""
    seconds: float
    """Time limit [s]."""
    values: Values
    """Values of the randomisation table, by name."""
    counts: bool = False
    """Whether the episode moves the curriculum."""
    orders: tuple[Order, ...] = ()
    """Later orders of the operator, in the order of time."""
    roams: bool = False
    """Whether the robot only follows its orders, with no goal and no side to leave by."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.speed <= MAX_SPEED:
            raise ValueError(f"speed is {self.speed} m/s; use 0 (stand) to {MAX_SPEED}")
        if not 0.0 < self.seconds <= MAX_SECONDS:
            raise ValueError(f"seconds is {self.seconds}; use more than 0, at most {MAX_SECONDS:g}")

    def goal_x(self, body_length: float) -> float:
        """x at which the base arrives [m]: one body length past the last edge."""
        return self.stairs.last_edge + self.stairs.heading * body_length

    @property
    def world_yaw(self) -> float:
        """Heading of the robot in the world at the start [rad]."""
        return self.yaw + self.stairs.yaw

    def in_world(self, points: Array) -> Array:
        """x and y in the world of points of the level frame (P, 2) [m], (2, P).

        The robot is at its start.
        """
        cosine = np.cos(self.yaw) * self.stairs.heading
        sine = np.sin(self.yaw) * self.stairs.heading
        x, y = points.T
        return np.stack([self.x + cosine * x - sine * y, self.y + sine * x + cosine * y])

    def payload(self, spec: RobotSpec) -> tuple[float, list[float]]:
        """Mass to add to the trunk and to each of `spec.payload_links` [kg].

        The shares of the corners put the load's centre where it was drawn. A negative load makes
        the trunk lighter.
        """
        load = float(self.values["payload"][0])
        corners = np.array(spec.limbs.corners)
        share = (
            0.25
            * (1 + self.values["payload_x"] / corners[:, 0])
            * (1 + self.values["payload_y"] / corners[:, 1])
        )
        return min(load, 0.0), (max(load, 0.0) * share).tolist()


def trial(
    rng: np.random.Generator,
    spec: RobotSpec,
    stairs: Staircase,
    speed: float = 0.5,
    seconds: float = 20.0,
    randomize: Randomize = "full",
    irregularity: float = 0.0,
) -> Scenario:
    """A whole flight from its foot or its top, as evaluation uses it.

    `irregularity` [m] varies risers and treads step by step.
    """
    if irregularity > 0.0:
        risers, treads = (sample_irregularity(rng, stairs.steps, irregularity) for _ in range(2))
        stairs = replace(stairs, riser_error=risers, tread_error=treads)
    x = stairs.first_edge - stairs.heading * rng.uniform(*START_DISTANCE)
    aside = min(0.15, 0.5 * stairs.width - 0.3)
    values = draw(
        rng=rng, joints=len(spec.joint_names), randomize=randomize, rows=rows(spec.randomization)
    )
    return Scenario(
        stairs=stairs,
        speed=speed,
        x=float(x),
        y=float(rng.uniform(-aside, aside)),
        yaw=float(rng.uniform(-0.15, 0.15)),
        seconds=seconds,
        values=values,
    )


def practice(
    rng: np.random.Generator,
    spec: RobotSpec,
    curriculum: Curriculum,
    row: int,
    randomize: Randomize,
) -> Scenario:
    """A training episode.

    Mostly a flight of the robot's level, started before it or anywhere on it; sometimes roaming on
    flat ground, sometimes standing.
    """
    kind = rng.random()
    if kind < ROAMING_SHARE:
        return roaming(rng, spec, randomize)
    down = curriculum.goes_down(row, rng)
    level, counts = curriculum.choose(row, down, rng)
    flight = _flight(
        rng=rng,
        riser=curriculum.config.riser(level),
        down=down,
        terraces=curriculum.config.terraces,
    )
    speed = float(rng.uniform(0.3, 0.7))
    scenario = trial(
        rng=rng, spec=spec, stairs=flight, speed=speed, seconds=14.0, randomize=randomize
    )
    if rng.random() < 0.5:
        way = abs(scenario.goal_x(spec.body_length) - scenario.x)
        scenario = replace(
            scenario, x=scenario.x + scenario.stairs.heading * float(rng.uniform(0.0, 0.75)) * way
        )
    elif rng.random() < 0.3:
        scenario = replace(scenario, yaw=float(rng.uniform(-OFF_AXIS, OFF_AXIS)))
    if kind < ROAMING_SHARE + STANDING_SHARE:
        return replace(scenario, speed=0.0, seconds=5.0)
    return replace(scenario, counts=counts, orders=_changed_orders(rng))


def _flight(rng: np.random.Generator, riser: float, down: bool, terraces: float) -> Staircase:
    """A flight like those in houses: high risers have long treads, and none is quite regular.

    For the share `terraces` of flights, the treads are longer still.
    """
    steps = int(rng.integers(4, 10))
    error = float(rng.uniform(0.0, min(0.015, 0.3 * riser)))
    shortest = max(0.24, 0.10 + 0.8 * riser)
    longest = max(0.34, shortest + 0.04)
    if terraces and rng.random() < terraces:
        steps = 3
        longest = 1.2
    return Staircase(
        riser=float(np.clip(riser + rng.uniform(-0.005, 0.005), *RISER_RANGE)),
        tread=float(rng.uniform(shortest, longest)),
        steps=steps,
        width=1.6,
        direction="down" if down else "up",
        riser_error=sample_irregularity(rng, steps, error),
        tread_error=sample_irregularity(rng, steps, error),
    )


def _changed_orders(rng: np.random.Generator) -> tuple[Order, ...]:
    """Orders of an operator who, in one of three episodes, changes the speed for a while.

    Mostly the robot is stopped meanwhile.
    """
    if rng.random() >= 0.35:
        return ()
    at = float(rng.uniform(1.0, 7.0))
    wait = float(rng.uniform(1.0, 4.0))
    meanwhile = 0.0 if rng.random() < 0.75 else float(rng.uniform(0.3, 0.7))
    return Order(at, meanwhile), Order(at + wait, float(rng.uniform(0.3, 0.7)))


def roaming(rng: np.random.Generator, spec: RobotSpec, randomize: Randomize) -> Scenario:
    """Ten seconds on flat ground under orders that change every two: walk, turn, both, stand."""
    scenario = trial(rng, spec, Staircase(riser=0.0), seconds=10.0, randomize=randomize)
    orders = [
        Order(
            2.0 * k,
            float(rng.uniform(0.0, 0.8)) * float(rng.random() < 0.8),
            float(rng.uniform(-0.8, 0.8)) * float(rng.random() < 0.7),
        )
        for k in range(5)
    ]
    return replace(scenario, orders=tuple(orders), roams=True)


def blindfolded(scenario: Scenario) -> Scenario:
    """The same episode without a height map: all of its cells are missing."""
    return replace(scenario, values=scenario.values | {"map_missing": np.ones(1)})


def from_options(
    rng: np.random.Generator, spec: RobotSpec, options: dict[str, Any], randomize: Randomize
) -> Scenario:
    """The episode that `reset(options=...)` asks for.

    What the options leave open has the defaults of `Staircase` and `trial`.

    Raises:
        ValueError: an unknown key, or a figure that no staircase can have.
    """
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise ValueError(f"unknown reset option {unknown}; use {', '.join(OPTIONS)}")
    stairs = Staircase(**{key: options[key] for key in STAIRS_OPTIONS if key in options})
    scenario = trial(
        rng,
        spec,
        stairs,
        **{"randomize": randomize} | {key: options[key] for key in TRIAL_OPTIONS if key in options},
    )
    for row in rows(spec.randomization):
        if row.name in options:
            scenario.values[row.name] = row.fixed(options[row.name])
    return scenario
