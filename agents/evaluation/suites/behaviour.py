"""What a person expects of a robot beside arriving: to stand, stop, start, turn, keep to the
middle, not race, bear a push. Each is a row: a scenario, and what must hold.

The pushes of the randomisation table are off here, so that "still" can be judged; all else is as
`randomize` says.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.evaluation.parallel import gather
from agents.evaluation.statistics import wilson
from agents.evaluation.trials import BATCH
from envs.physics.quiet import quiet
from envs.robots.spec import RobotSpec
from envs.task.randomization import Randomize
from envs.task.staircase import Direction, Staircase
from envs.task.terminations import ENDS

if TYPE_CHECKING:
    from agents.policies import Policy
    from envs.climb import ClimbBatch
    from envs.task.scenario import Scenario

Array = NDArray[np.float64]
RISER = 0.15
"""Of the flights here [m]."""
PUSH = 0.5
"""[m/s]."""


class Trace(NamedTuple):
    """One episode of T control steps."""

    end: str
    period: float
    """Of a control step [s]."""
    aside: Array
    """Of the base from the middle of the flight [m], (T,)."""
    place: Array
    """x, y of the base in the world [m], (T, 2)."""
    speed: Array
    """Of the base along its own heading [m/s], (T,)."""
    turning: Array
    """Yaw rate [rad/s], (T,)."""
    overspeed: Array
    """Share of each step in which a joint was faster than its motor's no-load speed, (T, J)."""

    def mean_speed(self, start: float, end: float) -> float:
        """Between two times [s]."""
        return float(self.speed[round(start / self.period) : round(end / self.period)].mean())


class Behaviour(NamedTuple):
    """A row: the episode, drawn by a generator with the episode's number, and whether it went as
    wanted.
    """

    name: str
    wanted: str
    episode: Callable[[np.random.Generator, RobotSpec, Randomize, int], "Scenario"]
    holds: Callable[[Trace], bool]
    push: bool = False
    """Whether the robot is pushed by 0.5 m/s in any direction in the middle of the flight."""


class Judged(NamedTuple):
    """What came of a row."""

    name: str
    wanted: str
    successes: int
    episodes: int


def _flat(
    *orders: tuple[float, float, float], seconds: float
) -> Callable[[np.random.Generator, RobotSpec, Randomize, int], "Scenario"]:
    """Flat ground; orders are time [s], speed [m/s] and yaw rate [rad/s], to the left in even
    episodes.
    """

    def episode(
        rng: np.random.Generator, spec: RobotSpec, randomize: Randomize, number: int
    ) -> "Scenario":
        from envs.task.scenario import Order, trial

        side = 1 if number % 2 == 0 else -1
        made = trial(rng, spec, Staircase(riser=0.0), seconds=seconds, randomize=randomize)
        return replace(
            made,
            roams=True,
            orders=tuple(Order(at, speed, side * rate) for at, speed, rate in orders),
        )

    return episode


def _flight(
    way: Direction, seconds: float = 20.0, stop: float | None = None
) -> Callable[[np.random.Generator, RobotSpec, Randomize, int], "Scenario"]:
    """A flight; `stop` [s] is when the robot is told to stand."""

    def episode(
        rng: np.random.Generator, spec: RobotSpec, randomize: Randomize, _: int
    ) -> "Scenario":
        from envs.task.scenario import Order, trial

        made = trial(
            rng, spec, Staircase(riser=RISER, direction=way), seconds=seconds, randomize=randomize
        )
        return made if stop is None else replace(made, orders=(Order(stop, 0.0),))

    return episode


def _still(trace: Trace) -> bool:
    """In the last four seconds."""
    places = trace.place[-round(4.0 / trace.period) :]
    return trace.end == "timeout" and bool(np.ptp(places, axis=0).max() < 0.03)


def _stops_and_starts(trace: Trace) -> bool:
    return (
        trace.end == "timeout"
        and abs(trace.mean_speed(4.0, 6.0)) < 0.03
        and trace.mean_speed(7.0, 9.0) > 0.35
    )


def _turns(trace: Trace) -> bool:
    rate = float(np.abs(trace.turning[round(1.0 / trace.period) :].mean()))
    return trace.end == "timeout" and abs(rate - 0.5) < 0.15


def _does_not_race(trace: Trace) -> bool:
    second = round(1.0 / trace.period)
    seconds = np.convolve(trace.speed, np.full(second, 1 / second), "valid")
    return trace.end == "landing" and bool(seconds.max() < 1.4 * 0.5)


TABLE = (
    Behaviour(
        name="stands still on flat ground",
        wanted="within 3 cm for 4 s at zero command",
        episode=_flat((0.0, 0.0, 0.0), seconds=6.0),
        holds=_still,
    ),
    Behaviour(
        name="stops in the middle of a flight, up",
        wanted="within 3 cm from two seconds after the stop, for 4 s",
        episode=_flight("up", 10.0, stop=4.0),
        holds=_still,
    ),
    Behaviour(
        name="stops in the middle of a flight, down",
        wanted="within 3 cm from two seconds after the stop, for 4 s",
        episode=_flight("down", 10.0, stop=4.0),
        holds=_still,
    ),
    Behaviour(
        name="stops and starts on command",
        wanted="under 0.03 m/s a second after the stop, over 0.35 m/s a second after the start",
        episode=_flat((0.0, 0.5, 0.0), (3.0, 0.0, 0.0), (6.0, 0.5, 0.0), seconds=9.0),
        holds=_stops_and_starts,
    ),
    Behaviour(
        name="walks on flat ground",
        wanted="0.5 m/s within 20%, no fall in 10 s",
        episode=_flat((0.0, 0.5, 0.0), seconds=10.0),
        holds=lambda trace: trace.end == "timeout" and abs(trace.mean_speed(1.0, 10.0) - 0.5) < 0.1,
    ),
    Behaviour(
        name="turns",
        wanted="0.5 rad/s within 30% at 0.3 m/s, to both sides",
        episode=_flat((0.0, 0.3, 0.5), seconds=6.0),
        holds=_turns,
    ),
    Behaviour(
        name="climbs straight",
        wanted="arrives, never over 30 cm from the middle",
        episode=_flight("up"),
        holds=lambda trace: trace.end == "landing" and bool(np.abs(trace.aside).max() < 0.3),
    ),
    Behaviour(
        name="goes down without racing",
        wanted="arrives, no second faster than 1.4 times the command",
        episode=_flight("down"),
        holds=_does_not_race,
    ),
    Behaviour(
        name="recovers from a push of 0.5 m/s, going up",
        wanted="arrives",
        episode=_flight("up"),
        holds=lambda trace: trace.end == "landing",
        push=True,
    ),
    Behaviour(
        name="recovers from a push of 0.5 m/s, going down",
        wanted="arrives",
        episode=_flight("down"),
        holds=lambda trace: trace.end == "landing",
        push=True,
    ),
    Behaviour(
        name="stays inside its motors' torque-speed line",
        wanted="no joint faster than its motor's no-load speed for over 5% of the way up (torque "
        "is inside by the motor model)",
        episode=_flight("up"),
        holds=lambda trace: trace.overspeed.mean(0).max() <= 0.05,
    ),
)


def run(
    policy: str, robot: str, episodes: int, seed: int, randomize: Randomize, workers: int
) -> list[Judged]:
    """Play `episodes` of every row.

    Raises:
        WorkerError: a worker process died or failed.
    """
    chunks = [
        (row, range(first, min(first + BATCH, episodes)))
        for row in range(len(TABLE))
        for first in range(0, episodes, BATCH)
    ]
    shares = [
        (policy, robot, seed, randomize, chunks[first::workers])
        for first in range(min(workers, len(chunks)))
    ]
    good = dict.fromkeys(range(len(TABLE)), 0)
    for row, successes in gather(_play_share, shares):
        good[row] += successes
    return [
        Judged(name=behaviour.name, wanted=behaviour.wanted, successes=good[row], episodes=episodes)
        for row, behaviour in enumerate(TABLE)
    ]


def _play_share(
    share: tuple[str, str, int, Randomize, list[tuple[int, range]]],
) -> Iterator[tuple[int, int]]:
    import torch

    torch.set_num_threads(1)
    with quiet():
        from agents.policies import load
        from envs.climb import ClimbBatch
        from envs.task.scenario import blindfolded
    policy, robot, seed, randomize, chunks = share
    loaded = load(policy, robot)
    batch = ClimbBatch(loaded.spec, BATCH)
    try:
        for row, numbers in chunks:
            behaviour = TABLE[row]
            generators = [
                np.random.default_rng([seed, row, numbers[k % len(numbers)]]) for k in range(BATCH)
            ]
            scenarios = {
                k: behaviour.episode(rng, batch.spec, randomize, numbers[k % len(numbers)])
                for k, rng in enumerate(generators)
            }
            for k, scenario in scenarios.items():
                scenario.values["push"] = np.zeros(1)
                scenarios[k] = blindfolded(scenario) if loaded.blind else scenario
            observations, _ = batch.reset(scenarios, dict(enumerate(generators)))
            traces = _play(
                batch=batch,
                policy=loaded,
                generators=generators,
                observations=observations,
                push=behaviour.push,
            )
            yield row, sum(bool(behaviour.holds(trace)) for trace in traces[: len(numbers)])
    finally:
        batch.close()


def _play(
    batch: "ClimbBatch",
    policy: "Policy",
    generators: list[np.random.Generator],
    observations: NDArray[np.float32],
    push: bool,
) -> list[Trace]:
    ends = np.zeros(batch.count, dtype=int)
    seen = []
    waiting = np.full(batch.count, push)
    lengths = np.zeros(batch.count, dtype=int)
    while not ends.all():
        result = batch.step(policy.act(observations, generators))
        observations = result.policy
        lengths += ends == 0
        ends = np.where(ends == 0, result.end, ends)
        seen.append(batch.motion())
        # A little past half of the way the robot is in the middle of the flight.
        for row in np.flatnonzero(waiting & (batch.share() > 0.5)):
            angle = generators[row].uniform(-math.pi, math.pi)
            batch.worlds[row].push((PUSH * math.cos(angle), PUSH * math.sin(angle), 0.0))
            waiting[row] = False
    columns = [np.array(column) for column in zip(*seen, strict=True)]
    return [
        Trace(
            ENDS[ends[row]],
            batch.control_step,
            *(column[: lengths[row], row] for column in columns),
        )
        for row in range(batch.count)
    ]


def table(rows: list[Judged]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| behaviour | what must hold | as wanted | 95% interval |",
        "| --- | --- | ---: | ---: |",
    ]
    for row in rows:
        low, high = wilson(row.successes, row.episodes)
        lines.append(
            f"| {row.name} | {row.wanted} | {row.successes}/{row.episodes} | "
            f"{100 * low:.0f}-{100 * high:.0f}% |"
        )
    return "\n".join(lines)
