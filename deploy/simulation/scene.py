"""What a robot finds when an episode begins, for any physics engine: ground, starting pose, payload."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deploy.simulation.body import Truth
from envs import frames, posture
from envs.controller.sensors import MAP_X_COUNT, MAP_X_START, MAP_X_STEP, MAP_Y_COUNT, MAP_Y_START, MAP_Y_STEP
from envs.robots import RobotSpec
from envs.scenario import Scenario
from envs.staircase import Terrain

Array = NDArray[np.float64]

FOLDED = (0.0, 1.36, -2.65)
"""Hip, thigh, calf of a robot that lies with its legs under it [rad]: where Unitree's own stand-up example begins."""
_GRID = np.meshgrid(MAP_X_START + MAP_X_STEP * np.arange(MAP_X_COUNT), MAP_Y_START + MAP_Y_STEP * np.arange(MAP_Y_COUNT), indexing="ij")


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
        self._spec, self._scenario = spec, scenario
        self._terrain = Terrain(1)
        self._terrain.place(0, scenario.stairs)

    def height(self, x: Array, y: Array) -> Array:
        """Height of the ground [m] at world points [m]; any shape."""
        return self._terrain.height(x.reshape(1, -1), y.reshape(1, -1)).reshape(x.shape)

    def heights(self, truth: Truth) -> Array:
        """Ground above the base's origin on the controller's grid, level frame [m], (29, 7)."""
        ((forward, left, _),) = frames.rotation_matrix(truth.quaternion[None])[:, :, 0]
        length = np.hypot(forward, left)
        cosine, sine = forward / length, left / length
        x, y = _GRID
        return self.height(truth.position[0] + cosine * x - sine * y, truth.position[1] + sine * x + cosine * y) - truth.position[2]

    def start(self, lying: bool) -> Pose:
        """The pose in which the episode begins: standing, or lying folded on the ground."""
        scenario, feet = self._scenario, posture.feet_below_hips(self._spec)
        heading = scenario.yaw + (0.0 if scenario.stairs.heading > 0 else np.pi)
        x, y = feet.T
        cosine, sine = np.cos(heading), np.sin(heading)
        heights = self.height(scenario.x + cosine * x - sine * y, scenario.y + sine * x + cosine * y)
        standing = Pose(*posture.stand(self._spec, scenario, heights, feet))
        return self._fold(standing) if lying else standing

    def _fold(self, standing: Pose) -> Pose:
        legs = self._spec.legs
        _, thigh, calf = FOLDED
        reach = legs.thigh * np.cos(thigh) + legs.calf * np.cos(thigh + calf) + legs.foot_radius
        lower = np.array([0.0, 0.0, self._spec.stand_height - reach])
        return Pose(standing.position - lower, standing.quaternion, np.tile(FOLDED, len(legs.names)))


def payload(spec: RobotSpec, scenario: Scenario) -> tuple[float, list[float]]:
    """Mass [kg] to add to the trunk and to each of `spec.payload_links`.

    The corners' shares put the load's centre where it was drawn; a lighter robot has a lighter trunk.
    """
    values, hips = scenario.values, np.array(spec.legs.hip_in_base)
    load = float(values["payload"][0])
    share = 0.25 * (1 + values["payload_x"] / hips[:, 0]) * (1 + values["payload_y"] / hips[:, 1])
    return min(load, 0.0), (max(load, 0.0) * share).tolist()
