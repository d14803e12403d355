"""What differs between kinds of robots, in one table. A kind is looked up by what its robots move
on; nothing else asks which robot it is.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.families import lying, posture
from envs.families.baselines import Baseline, fixed_flippers, nothing
from envs.families.controller import Controllers, Memory
from envs.programs import legged, tracked
from envs.programs.observation import Term
from envs.robots.spec import LegGeometry, RobotSpec, TrackGeometry
from envs.task import rewards
from envs.task.scenario import Scenario

Array = NDArray[np.float64]


class Kind(NamedTuple):
    """A row: what the rest of the project needs of one kind."""

    controller: Callable[[RobotSpec], legged.Controller | tracked.Controller]
    """Makes the controller, an `envs.families.controller.Controller`."""
    controllers: Callable[[RobotSpec, int], Controllers[Memory]]
    """Makes the controllers of so many robots."""
    control_step: float
    """[s]."""
    terms: Callable[[RobotSpec], tuple[Term, ...]]
    """Table of the observation."""
    actions: Callable[[RobotSpec], list[str]]
    """What each element of an action does, for the data sheet."""
    mirror: str
    """What the data sheet says of mirror images."""
    footprint: Callable[[RobotSpec], Array]
    """Points of the ground that the robot stands on, level frame [m], (P, 2)."""
    stand: Callable[[RobotSpec, Scenario, Array, Array], tuple[Array, tuple[float, ...], Array]]
    """Puts it down: base position, quaternion and joints for the heights (P,) of those points."""
    rewards: rewards.Scheme
    arrived_height: float
    """Of the base over the ground [m], below which a robot has not arrived but lies on its
    belly.
    """
    baselines: Mapping[str, Callable[[RobotSpec], Baseline]]
    """What it does without a trained policy, by name."""


def _legged_actions(spec: RobotSpec) -> list[str]:
    feet = [
        f"{3 * i}..{3 * i + 2}: x, y, z of foot {leg}, units of {legged.FOOT_RANGE} m"
        for i, leg in enumerate(spec.legs.names)
    ]
    return [*feet, f"{3 * len(feet)}: frequency of the gait, units of {legged.FREQUENCY_RANGE} Hz"]


def _tracked_actions(_: RobotSpec) -> list[str]:
    return [
        f"{k}: {meaning}, units of {size} {unit}"
        for k, (meaning, size, unit, _) in enumerate(tracked.ACTIONS)
    ]


LEGGED = Kind(
    controller=legged.Controller,
    controllers=lambda spec, count: Controllers[legged.Memory](legged.Controller(spec), count),
    control_step=legged.CONTROL_STEP,
    terms=legged.terms,
    actions=_legged_actions,
    mirror="In the second half of the gait's phase action, 'policy' and 'privileged' are those of "
    "the mirror image, left for right.",
    footprint=posture.feet_below_hips,
    stand=posture.stand,
    rewards=rewards.LEGGED,
    arrived_height=0.15,
    # The bare gait.
    baselines={"zero": lambda spec: nothing(legged.Controller(spec).actions)},
)
TRACKED = Kind(
    controller=tracked.Controller,
    controllers=lambda spec, count: Controllers[tracked.Memory](tracked.Controller(spec), count),
    control_step=tracked.CONTROL_STEP,
    terms=tracked.terms,
    actions=_tracked_actions,
    mirror="While the robot is steered to the right action, 'policy' and 'privileged' are those "
    "of the mirror image, left for right.",
    footprint=lying.under_the_tracks,
    stand=lying.lie,
    rewards=rewards.TRACKED,
    arrived_height=0.08,
    baselines={"zero": fixed_flippers, "scripted": lambda _: nothing(len(tracked.ACTIONS))},
)
_TABLE: dict[type, Kind] = {LegGeometry: LEGGED, TrackGeometry: TRACKED}
BASELINES = tuple(dict.fromkeys(name for row in _TABLE.values() for name in row.baselines))
"""Names of the baselines of all kinds."""


def kind(spec: RobotSpec) -> Kind:
    """The kind of robot that `spec` is."""
    return _TABLE[type(spec.limbs)]
