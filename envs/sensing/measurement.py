"""From the true state to what the robots' sensors say."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from envs.physics.state import State
from envs.programs.sensors import MAP_X_COUNT, MAP_Y_COUNT, Sensors
from envs.sensing.height_map import CELLS, HeightMaps, tilt_and_offset
from envs.sensing.noise import Noise
from envs.task.randomization import Values
from envs.task.staircase import Terrain

Array = NDArray[np.float64]


class ExactReading(NamedTuple):
    """Readings of sensors without errors, for E robots with J joints."""

    position: Array
    """Origin of the base in the world [m], (E, 3)."""
    yaw: Array
    """Heading in the world [rad], (E,)."""
    gravity_in_base: Array
    """Unit vector that points down, in the base frame, (E, 3)."""
    angular_velocity_base_in_base: Array
    """Angular velocity of the base in the base frame [rad/s], (E, 3)."""
    joint_position: Array
    """Joint positions [rad], (E, J)."""
    joint_velocity: Array
    """Joint velocities [rad/s], (E, J)."""


def exact_reading(state: State) -> ExactReading:
    """The part of `state` that sensors measure."""
    return ExactReading(
        position=state.position,
        yaw=state.yaw,
        gravity_in_base=state.gravity_in_base(),
        angular_velocity_base_in_base=state.angular_velocity_in_base,
        joint_position=state.joint_position,
        joint_velocity=state.joint_velocity,
    )


class Sensing:
    """The sensors of E robots with J joints.

    Each robot draws its noise from the generator of its own episode.
    """

    def __init__(self, count: int, joints: int, control_step: float) -> None:
        self._noise = Noise(count, sizes=(3, 3, joints, joints, CELLS))
        self._maps = HeightMaps(count, control_step)

    def reset(self, row: int, values: Values, position: Array, yaw: float) -> None:
        """Start an episode of robot `row` with its drawn `values`.

        Args:
            row: index of the robot.
            values: drawn values of the episode.
            position: position of the base in the world [m], (3,).
            yaw: heading in the world [rad].
        """
        self._noise.reset(row, values, tilt_and_offset(values))
        self._maps.reset(row, values, position, yaw)

    def measure(
        self,
        rows: slice | list[int],
        exact: ExactReading,
        zero_offset: Array,
        command: Array,
        terrain: Terrain,
        generators: list[np.random.Generator],
    ) -> Sensors:
        """One reading of the robots `rows`; all other arguments are of all E robots.

        Args:
            rows: the robots that are read, R of them.
            exact: readings without errors.
            zero_offset: error that is added to the joint positions [rad], (E, J).
            command: forward speed [m/s] and yaw rate [rad/s], which pass through, (E, 2).
            terrain: the ground of all robots.
            generators: source of each robot's noise.
        """
        gravity, gyro, position, velocity, cells = self._noise.draw(rows, generators)
        down = exact.gravity_in_base[rows] + gravity
        down /= np.sqrt(down[:, :1] ** 2 + down[:, 1:2] ** 2 + down[:, 2:] ** 2)
        heights = self._maps.heights(rows, exact.position[rows], exact.yaw[rows], terrain) + cells
        np.copyto(heights, np.nan, where=self._noise.missing(rows))
        return Sensors(
            gravity_in_base=_tensor(down),
            angular_velocity_base_in_base=_tensor(exact.angular_velocity_base_in_base[rows] + gyro),
            joint_position=_tensor(exact.joint_position[rows] + zero_offset[rows] + position),
            joint_velocity=_tensor(exact.joint_velocity[rows] + velocity),
            command=_tensor(command[rows]),
            height_map=_tensor(heights).reshape(-1, MAP_X_COUNT, MAP_Y_COUNT),
        )


def _tensor(array: Array) -> torch.Tensor:
    return torch.from_numpy(array.astype(np.float32))
