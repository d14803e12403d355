"""What the rest of the project needs to know about a robot family."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.families.controller import ControllerMemory, Controllers
from envs.programs import legged, tracked
from envs.programs.observation import Term
from envs.robots.spec import RobotSpec
from envs.task.scenario import Scenario

Array = NDArray[np.float64]
Observations = NDArray[np.float32]
Baseline = Callable[[Observations], NDArray[np.float32]]
"""What a robot does without a trained policy: observations (E, N) in, actions (E, A) out."""


class InitialPose(NamedTuple):
    """Pose of a robot at the start of an episode."""

    position: Array
    """Origin of the base in the world [m], (3,)."""
    quaternion: tuple[float, ...]
    """Attitude of the base in the world, xyzw."""
    joints: Array
    """Joint positions [rad], (J,)."""


class Family(NamedTuple):
    """What is true of all robots that move alike."""

    controller: Callable[[RobotSpec], legged.Controller | tracked.Controller]
    """Makes the controller: an `envs.families.controller.ControllerProgram`."""
    controllers: Callable[[RobotSpec, int], Controllers[ControllerMemory]]
    """Makes the controllers of a number of robots."""
    terms: Callable[[RobotSpec], tuple[Term, ...]]
    """The observation's table of a robot."""
    actions: Callable[[RobotSpec], list[str]]
    """Meaning of each element of an action, for the data sheet."""
    mirror: str
    """The data sheet's sentence on mirror images."""
    footprint: Callable[[RobotSpec], Array]
    """Points of the ground that the robot stands on, level frame [m], (P, 2)."""
    initial_pose: Callable[[RobotSpec, Scenario, Array, Array], InitialPose]
    """Makes the initial pose of a robot.

    Its arguments are the robot, the scenario, the heights of the ground under the footprint (P,)
    [m], and the points of the footprint (P, 2) [m].
    """
    baselines: Mapping[str, Callable[[RobotSpec], Baseline]]
    """Baselines by name: the yardsticks that a policy must beat."""


def zero_action(actions: int) -> Baseline:
    """The baseline of action 0: what the controller does by itself."""
    return lambda seen: np.zeros((len(seen), actions), np.float32)
