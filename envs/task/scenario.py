"""What one episode is: the flight, where the robot starts, what it is told, and what is random
about it.
"""

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
"""Of the base from the first edge [m]."""
MAX_SPEED = 1.5
MAX_SECONDS = 3600.0
ROAMING_SHARE = 0.06
STANDING_SHARE = 0.03
"""Shares of training episodes on flat ground, and on a flight with the order to stand."""
OFF_AXIS = 0.4
"""Largest angle between robot and flight at the start of a training episode [rad]."""
STAIRS_OPTIONS = ("riser", "tread", "steps", "width", "direction", "nosing", "open_risers")
TRIAL_OPTIONS = ("irregularity", "speed", "seconds", "randomize")
OPTIONS = (
    *STAIRS_OPTIONS,
    *TRIAL_OPTIONS,
    *(row.name for row in rows(Randomization()) if row.size == 1),
)
"""Keys that `reset(options=...)` takes: the flight, the task, and any single number of the
randomisation table.
"""


class Order(NamedTuple):
    """What the operator says from `at` [s] on."""

    at: float
    speed: float
    """Forward [m/s]; 0 tells the robot to stand."""
    yaw_rate: float | None = None
    """[rad/s]; None: whatever keeps the robot on the middle of the flight."""


@dataclass(frozen=True)
class Scenario:
    """One episode. x and y are the base's in the world [m]; `yaw` [rad] is away from the direction
    of the flight.
    """

    stairs: Staircase
    speed: float
    """Commanded forward speed at first [m/s]; 0 tells the robot to stand."""
    x: float
    y: float
    yaw: float
    seconds: float
    """Time limit [s]."""
    values: Values
    counts: bool = False
    """Whether the curriculum moves by this episode."""
    orders: tuple[Order, ...] = ()
    """What the operator says later, in the order of time."""
    roams: bool = False
    """Whether the robot just follows its orders: there is no goal, and no side to leave by."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.speed <= MAX_SPEED:
            raise ValueError(f"speed is {self.speed} m/s; use 0 (stand) to {MAX_SPEED}")
        if not 0.0 < self.seconds <= MAX_SECONDS:
            raise ValueError(f"seconds is {self.seconds}; use more than 0, at most {MAX_SECONDS:g}")

    def goal_x(self, body_length: float) -> float:
        """Where the base must come [m]: one body length past the last edge."""
        return self.stairs.last_edge + self.stairs.heading * body_length

    @property
    def world_yaw(self) -> float:
        """Of the robot at the start, in the world [rad]."""
        return self.yaw + self.stairs.yaw

    def in_world(self, points: Array) -> Array:
        """x and y in the world [m], (2, P), of points of the level frame [m], (P, 2), with the
        robot at its start.
        """
        cosine = np.cos(self.yaw) * self.stairs.heading
        sine = np.sin(self.yaw) * self.stairs.heading
        x, y = points.T
        return np.stack([self.x + cosine * x - sine * y, self.y + sine * x + cosine * y])

    def payload(self, spec: RobotSpec) -> tuple[float, list[float]]:
        """Mass [kg] to add to the trunk and to each of `spec.payload_links`.

        The corners' shares put the load's centre where it was drawn; a lighter robot has a lighter
        trunk.
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
    """A whole flight from its foot (or its landing), as evaluation uses it. `irregularity` [m]
    varies risers and treads step by step.
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
    """A training episode: mostly a flight of the robot's level, started before it or anywhere on
    it; sometimes a walk about on flat ground, sometimes standing.
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
    """A flight like those in houses: the higher its risers, the longer its treads must be; none is
    quite regular. Of `terraces`, a share, the treads are longer still.
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
    """An operator who, in one of three episodes, stops the robot or changes its speed, and then
    goes on.
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
    """The same episode without a height map: no cell of it is ever seen."""
    return replace(scenario, values=scenario.values | {"map_missing": np.ones(1)})


def from_options(
    rng: np.random.Generator, spec: RobotSpec, options: dict[str, Any], randomize: Randomize
) -> Scenario:
    """The episode that `reset(options=...)` asks for; what it leaves open has the defaults of
    `Staircase` and `trial`.

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
