"""What a robot finds when an episode begins, for any physics engine: ground and starting pose."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deploy.simulation.body import Truth
from envs import frames
from envs.families import posture
from envs.programs.sensors import (
    MAP_X_COUNT,
    MAP_X_START,
    MAP_X_STEP,
    MAP_Y_COUNT,
    MAP_Y_START,
    MAP_Y_STEP,
)
from envs.robots.spec import RobotSpec
from envs.task.scenario import Scenario
from envs.task.staircase import Terrain

Array = NDArray[np.float64]

FOLDED = (0.0, 1.36, -2.65)
"""Hip, thigh, calf of a robot that lies with its legs under it [rad]: where Unitree's own stand-up
example begins.
"""
_GRID = np.meshgrid(
    MAP_X_START + MAP_X_STEP * np.arange(MAP_X_COUNT),
    MAP_Y_START + MAP_Y_STEP * np.arange(MAP_Y_COUNT),
    indexing="ij",
)


class Pose(NamedTuple):
    """Of a robot at rest."""

    position: Array
    """Of the base's origin in the world [m], (3,)."""
    quaternion: tuple[float, ...]
    """xyzw."""
    joints: Array
    """[rad], (J,)."""


class Scene:
    """The ground of one episode, and how the robot is put on it."""

    def __init__(self, spec: RobotSpec, scenario: Scenario) -> None:
        self._spec = spec
        self._scenario = scenario
        self._terrain = Terrain(1)
        self._terrain.place(0, scenario.stairs)

    def height(self, x: Array, y: Array) -> Array:
        """Height of the ground [m] at world points [m]; any shape."""
        return self._terrain.height(x.reshape(1, -1), y.reshape(1, -1)).reshape(x.shape)

    def heights(self, truth: Truth) -> Array:
        """Ground above the base's origin on the controller's grid, level frame [m], (29, 7)."""
        ((forward, left, _),) = frames.rotation_matrix(truth.quaternion[None])[:, :, 0]
        length = np.hypot(forward, left)
        cosine = forward / length
        sine = left / length
        x, y = _GRID
        return (
            self.height(
                truth.position[0] + cosine * x - sine * y, truth.position[1] + sine * x + cosine * y
            )
            - truth.position[2]
        )

    def start(self, lying: bool) -> Pose:
        """The pose in which the episode begins: standing, or lying folded on the ground."""
        feet = posture.feet_below_hips(self._spec)
        heights = self.height(*self._scenario.in_world(feet))
        standing = Pose(
            *posture.stand(spec=self._spec, scenario=self._scenario, heights=heights, feet=feet)
        )
        return self._fold(standing) if lying else standing

    def _fold(self, standing: Pose) -> Pose:
        legs = self._spec.legs
        _, thigh, calf = FOLDED
        reach = legs.thigh * np.cos(thigh) + legs.calf * np.cos(thigh + calf) + legs.foot_radius
        lower = np.array([0.0, 0.0, self._spec.stand_height - reach])
        return Pose(
            standing.position - lower, standing.quaternion, np.tile(FOLDED, len(legs.names))
        )


def height_over(truth: Truth, scene: Scene) -> float:
    """Of the base's origin over the ground below it [m]."""
    return float(truth.position[2] - scene.height(truth.position[:1], truth.position[1:2])[0])
