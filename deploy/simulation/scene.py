"""What a robot finds when an episode begins, for any physics engine: ground and starting pose."""

import numpy as np
from numpy.typing import NDArray

from deploy.simulation.body import Truth
from envs import frames
from envs.families import family
from envs.families.family import InitialPose
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

_GRID = np.meshgrid(
    MAP_X_START + MAP_X_STEP * np.arange(MAP_X_COUNT),
    MAP_Y_START + MAP_Y_STEP * np.arange(MAP_Y_COUNT),
    indexing="ij",
)


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

    def start(self, lying: bool) -> InitialPose:
        """The pose in which the episode begins: standing, or lying folded on the ground."""
        its = family(self._spec)
        points = its.footprint(self._spec)
        heights = self.height(*self._scenario.in_world(points))
        standing = its.initial_pose(self._spec, self._scenario, heights, points)
        return self._fold(standing) if lying else standing

    def _fold(self, standing: InitialPose) -> InitialPose:
        legs = self._spec.legs
        _, thigh, calf = (self._spec.folded[joint] for joint in self._spec.leg_order[:3])
        reach = legs.thigh * np.cos(thigh) + legs.calf * np.cos(thigh + calf) + legs.foot_radius
        lower = np.array([0.0, 0.0, self._spec.stand_height - reach])
        return standing._replace(
            position=standing.position - lower, joints=np.array(self._spec.folded)
        )


def height_over(truth: Truth, scene: Scene) -> float:
    """Height of the base's origin over the ground below it [m]."""
    return float(truth.position[2] - scene.height(truth.position[:1], truth.position[1:2])[0])
