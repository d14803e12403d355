"""The running episodes of E robots: what is played, how far the robots are, and the results."""

import numpy as np
from numpy.typing import NDArray

from envs.robots.spec import RobotSpec
from envs.task import privileged
from envs.task.pushes import Push, Pushes
from envs.task.scenario import Scenario
from envs.task.tally import Tally
from envs.task.terminations import End

Array = NDArray[np.float64]
Summary = dict[str, float | str | bool]
"""Figures of a finished episode, by name."""

GRAVITY = 9.81
"""Acceleration of gravity [m/s2]."""
SHORTEST_DISTANCE = 0.1
"""Lower limit of the distance in the cost of transport [m]."""


class Episodes:
    """The running episodes of E robots.

    Args:
        spec: the robot.
        count: number of robots, E.
        control_step: period of the controller [s].
        terms: names of the reward terms.

    Attributes:
        scenarios: scenario of each row; None before the first reset.
        generators: random generator of each episode.
        tally: sums since the episodes began.
        fixed: privileged figures that stay constant in an episode, (E, 6).
    """

    def __init__(
        self, spec: RobotSpec, count: int, control_step: float, terms: tuple[str, ...]
    ) -> None:
        self.scenarios: list[Scenario | None] = [None] * count
        self.generators = [np.random.default_rng(0)] * count
        self.tally = Tally.zero(count, len(terms))
        self.fixed = np.zeros((count, privileged.FIXED_SIZE))
        self._spec = spec
        self._control_step = control_step
        self._terms = terms
        self._pushes = Pushes(count, control_step)
        self._steps: NDArray[np.int64] = np.zeros(count, dtype=np.int64)
        self._full_distance = np.ones(count)

    def begin(self, row: int, scenario: Scenario, generator: np.random.Generator) -> None:
        """Start `scenario` with robot `row`; all its random numbers come from `generator`."""
        self.scenarios[row] = scenario
        self.generators[row] = generator
        self.tally.clear(row)
        self.fixed[row] = privileged.fixed(scenario)
        self._pushes.begin(row, float(scenario.values["push"][0]), generator)
        self._steps[row] = round(scenario.seconds / self._control_step)
        self._full_distance[row] = (
            np.inf if scenario.roams else abs(scenario.goal_x(self._spec.body_length) - scenario.x)
        )

    def pushes(self) -> list[Push]:
        """The pushes of this control step. Call it once per control step."""
        return self._pushes.due(self.generators)

    def seconds(self) -> Array:
        """Time since each episode began [s], (E,)."""
        return self.tally.steps.astype(np.float64) * self._control_step

    def last_step(self) -> NDArray[np.bool_]:
        """Whether the control step about to be counted is the last within the time limit, (E,)."""
        return self.tally.steps + 1 >= self._steps

    def share(self) -> Array:
        """Share of its distance that each robot has covered, (E,); 0 for a robot that roams."""
        return np.clip(self.tally.distance / self._full_distance, 0.0, 1.0)

    def summary(self, row: int, end: int) -> Summary:
        """Figures of the finished episode of robot `row`, for logs and tables.

        Raises:
            RuntimeError: the robot has not been reset.
        """
        scenario = self.scenarios[row]
        if scenario is None:
            raise RuntimeError(f"robot {row} has not been reset")
        tally = self.tally
        seconds = float(self.seconds()[row])
        distance = float(tally.distance[row])
        weight = (self._spec.mass + float(scenario.values["payload"][0])) * GRAVITY
        figures: Summary = {
            "end": End(end).label,
            "is_success": end == End.ARRIVED,
            "return": float(tally.reward[row]),
            "seconds": seconds,
            "speed": distance / seconds,
            "cost_of_transport": float(tally.energy[row])
            / (weight * max(distance, SHORTEST_DISTANCE)),
            "peak_pitch_rate": float(tally.pitch_rate[row]),
            "peak_jolt": float(tally.jolt[row]),
            "share": float(self.share()[row]),
            "riser": scenario.stairs.riser,
            "direction": scenario.stairs.direction,
        }
        rewards = zip(self._terms, tally.terms[row].tolist(), strict=True)
        return figures | {f"reward/{name}": value for name, value in rewards}
