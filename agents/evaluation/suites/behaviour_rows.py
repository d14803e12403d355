"""Rows of the behaviour suite: for each expectation a scenario, and what must hold in it."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.robots.spec import RobotSpec
from envs.task.randomization import Randomize
from envs.task.staircase import Direction, Staircase

if TYPE_CHECKING:
    from envs.task.scenario import Scenario

Array = NDArray[np.float64]
RISER = 0.15
"""Riser of all flights of this suite [m]."""


class Trace(NamedTuple):
    """One episode of T control steps."""

    end: str
    period: float
    """Period of a control step [s]."""
    lateral_offset: Array
    """Lateral offset of the base from the centre line, left positive [m], (T,)."""
    place: Array
    """Position x, y of the base in the world [m], (T, 2)."""
    speed: Array
    """Speed of the base along its own heading [m/s], (T,)."""
    turning: Array
    """Yaw rate [rad/s], (T,)."""
    overspeed: Array
    """Share of each step in which a joint was faster than its motor's no-load speed, (T, J)."""

    def mean_speed(self, start: float, end: float) -> float:
        """Mean speed between two times [m/s]."""
        return float(self.speed[round(start / self.period) : round(end / self.period)].mean())


class Behaviour(NamedTuple):
    """One row: an episode, drawn from a generator and by its number, and what must hold in it."""

    name: str
    wanted: str
    episode: Callable[[np.random.Generator, RobotSpec, Randomize, int], "Scenario"]
    holds: Callable[[Trace], bool]
    push: bool = False
    """Whether the robot is pushed by 0.5 m/s in any direction in the middle of the flight."""


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
    """A flight in the direction `way`; at `stop` [s] the robot is told to stand."""

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
    """Whether the robot stays within 3 cm in the last four seconds."""
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
    return trace.end == "arrived" and bool(seconds.max() < 1.4 * 0.5)


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
        holds=lambda trace: (
            trace.end == "arrived" and bool(np.abs(trace.lateral_offset).max() < 0.3)
        ),
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
        holds=lambda trace: trace.end == "arrived",
        push=True,
    ),
    Behaviour(
        name="recovers from a push of 0.5 m/s, going down",
        wanted="arrives",
        episode=_flight("down"),
        holds=lambda trace: trace.end == "arrived",
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
