"""What comes of one episode of a body, by the rules of `envs.climb`."""

import numpy as np

from deploy.simulation.body import Truth
from deploy.simulation.scene import Scene
from envs import frames
from envs.quiet import quiet
from envs.robots import RobotSpec
from envs.scenario import Scenario

LYING = 0.15
"""A robot whose base is not this far above the ground [m] has not arrived."""


class Referee:
    """Watches one episode from `begin` on.

    Attributes:
        energy: mechanical work since then, |torque x speed| [J].
        way: along the flight since then [m].
    """

    def __init__(self, spec: RobotSpec, scenario: Scenario) -> None:
        # Only here: whoever asks for the command line needs no simulator.
        with quiet():
            from envs.climb import ARRIVED_COSINE, FALL_COSINE
        self._fallen, self._arrived = FALL_COSINE, ARRIVED_COSINE
        self._scenario, self._scene = scenario, Scene(spec, scenario)
        self._goal = scenario.goal_x(spec.body_length)
        self._weight = 9.81 * (spec.mass + float(scenario.values["payload"][0]))
        self._start: Truth | None = None
        self.energy = self.way = 0.0

    def end(self, truth: Truth, seconds: float) -> str:
        """One of `envs.climb.ENDS`, "" while the episode goes on, `seconds` after it began."""
        stairs, (x, y, z) = self._scenario.stairs, truth.position
        upright = frames.rotation_matrix(truth.quaternion[None])[0, 2, 2]
        if upright < self._fallen:
            return "fall"
        if abs(y) > 0.5 * stairs.width:
            return "off_side"
        over_ground = z - self._scene.height(truth.position[:1], truth.position[1:2])[0]
        if stairs.heading * (x - self._goal) >= 0 and upright > self._arrived and over_ground > LYING:
            return "landing"
        return "timeout" if seconds >= self._scenario.seconds else ""

    def count(self, truth: Truth, period: float) -> None:
        """Take `period` [s] into account; work is sampled so often, not integrated."""
        self._start = self._start or truth
        self.energy += period * float(np.abs(truth.joint_torque * truth.joint_velocity).sum())
        self.way = self._scenario.stairs.heading * float(truth.position[0] - self._start.position[0])

    def cost_of_transport(self) -> float:
        """Work over weight and way so far; as `envs.climb` has it, a way of less than 10 cm counts as that."""
        return self.energy / (self._weight * max(self.way, 0.1))
