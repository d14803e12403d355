"""What comes of one episode of a body, by the rules of `envs.task.terminations`."""

import numpy as np

from deploy.simulation.body import Truth
from deploy.simulation.scene import Scene, height_over
from envs import frames
from envs.robots.spec import RobotSpec
from envs.task.scenario import Scenario
from envs.task.terminations import End, ending


class Referee:
    """Watches one episode from `begin` on.

    Attributes:
        energy: mechanical work since then, |torque x speed| [J].
        way: along the flight since then [m].
    """

    def __init__(self, spec: RobotSpec, scenario: Scenario) -> None:
        self._scenario = scenario
        self._scene = Scene(spec, scenario)
        self._arrived_height = spec.arrived_height
        self._goal = scenario.goal_x(spec.body_length)
        self._weight = 9.81 * (spec.mass + float(scenario.values["payload"][0]))
        self._start: Truth | None = None
        self.energy = 0.0
        self.way = 0.0

    def end(self, truth: Truth, seconds: float) -> str:
        """Label of the termination at `seconds` after the episode began; "" while it goes on."""
        stairs = self._scenario.stairs
        (x, y, _) = truth.position
        upright = frames.rotation_matrix(truth.quaternion[None])[0, 2, 2]
        beyond = stairs.heading * (x - self._goal)
        over_ground = height_over(truth, self._scene)
        time_is_up = seconds >= self._scenario.seconds
        end = ending(
            upright=upright,
            beyond=beyond,
            lateral_offset=y,
            half_width=0.5 * stairs.width,
            over_ground=over_ground,
            arrived_height=self._arrived_height,
            time_is_up=time_is_up,
        )
        return End(int(end)).label

    def count(self, truth: Truth, period: float) -> None:
        """Take `period` [s] into account; work is sampled so often, not integrated."""
        self._start = self._start or truth
        self.energy += period * float(np.abs(truth.joint_torque * truth.joint_velocity).sum())
        self.way = self._scenario.stairs.heading * float(
            truth.position[0] - self._start.position[0]
        )

    def cost_of_transport(self) -> float:
        """Work over weight and way so far; a way of less than 10 cm counts as that, as in
        `envs.task.episodes`.
        """
        return self.energy / (self._weight * max(self.way, 0.1))
