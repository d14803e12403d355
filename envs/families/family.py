"""What the rest of the project needs to know of a family of robots."""

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
    """A robot that has been put down."""

    position: Array
    """Base's origin in the world [m], (3,)."""
    quaternion: tuple[float, ...]
    """Attitude xyzw."""
    joints: Array
    """Joint positions [rad], (J,)."""


class Family(NamedTuple):
    """What is true of all robots that move alike."""

    controller: Callable[[RobotSpec], legged.Controller | tracked.Controller]
    """Makes the controller, an `envs.families.controller.ControllerProgram`."""
    controllers: Callable[[RobotSpec, int], Controllers[ControllerMemory]]
    """Makes the controllers of so many robots."""
    terms: Callable[[RobotSpec], tuple[Term, ...]]
    """Table of the observation."""
    actions: Callable[[RobotSpec], list[str]]
    """What each element of an action does, for the data sheet."""
    mirror: str
    """What the data sheet says of mirror images."""
    footprint: Callable[[RobotSpec], Array]
    """Points of the ground that the robot stands on, level frame [m], (P, 2)."""
    initial_pose: Callable[[RobotSpec, Scenario, Array, Array], InitialPose]
    """Puts it down, for the heights (P,) of those points [m], and the points."""
    baselines: Mapping[str, Callable[[RobotSpec], Baseline]]
    """What it does without a trained policy, by name: the yardsticks that a policy must beat."""


def zero_action(actions: int) -> Baseline:
    """Action 0: what the controller does by itself."""
    return lambda seen: np.zeros((len(seen), actions), np.float32)
