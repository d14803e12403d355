"""Robots with legs: where the legs are, and the trot under the policy."""

from dataclasses import dataclass
from typing import Annotated

from envs.settings import Within


@dataclass(frozen=True)
class LegGeometry:
    """Legs of three joints: hip about x, thigh and calf about y. Tuples have one entry per leg."""

    names: tuple[str, ...]
    """Names of the legs."""
    joints: tuple[tuple[str, str, str], ...]
    """Names of the hip, thigh and calf joints of each leg."""
    opposite: tuple[int, ...]
    """Index of the leg on the other side, for each leg."""
    hip_in_base: tuple[tuple[float, float, float], ...]
    """Positions of the hip joints in the base frame [m], (L, 3)."""
    abduction: tuple[float, ...]
    """Sideways distance from each hip joint to its thigh joint, left positive [m], (L,)."""
    thigh: float
    """Distance from the thigh joint to the calf joint [m]."""
    calf: float
    """Distance from the calf joint to the centre of the foot [m]."""
    foot_radius: float
    """Radius of a foot [m]."""

    @property
    def corners(self) -> tuple[tuple[float, float, float], ...]:
        """Positions at which the legs begin, in the base frame [m], (L, 3)."""
        return self.hip_in_base


@dataclass(frozen=True)
class TrotGait:
    """The trot under the policy, and what the policy may change of it."""

    offsets: Annotated[tuple[float, ...], Within(0.0, 1.0)] = (0.0, 0.5, 0.5, 0.0)
    """Phase of each leg [cycles], in the order of the legs; a trot moves diagonal legs together."""
    frequency: Annotated[float, Within(0.5, 10.0)] = 2.0
    """Frequency of the trot [Hz]."""
    duty: Annotated[float, Within(0.5, 0.95)] = 0.65
    """Share of a cycle in which a foot stands."""
    foot_range: Annotated[tuple[float, float, float], Within(0.0, 1.0)] = (0.12, 0.12, 0.15)
    """Displacement of a foot by an action of 1, in x, y, z of the level frame [m]."""
    frequency_range: Annotated[float, Within(0.0, 5.0)] = 1.0
    """Change of the frequency by an action of 1 [Hz]."""
    clearance: Annotated[float, Within(0.0, 0.5)] = 0.10
    """Height of a swinging foot over the highest ground on its path [m]."""
    rise: Annotated[float, Within(0.05, 0.5)] = 0.3
    """Share of a swing in which the foot reaches its highest point."""
    widen: Annotated[float, Within(-0.2, 0.2)] = 0.015
    """Distance by which the feet stand further out than the thigh joints [m]."""
    shift: Annotated[float, Within(-0.2, 0.2)] = 0.02
    """Distance of the feet in front of the hips [m]: the trunk's centre of mass is there."""
    look_ahead: Annotated[tuple[float, float], Within(0.0, 0.4)] = (0.08, 0.16)
    """Distances ahead of each foot at which the policy sees the height of the ground [m]."""
    level_gain: Annotated[float, Within(0.0, 2.0)] = 0.5
    """Share of the height lost on the low side of a tilted body that the legs make up for."""
    level_damping: Annotated[float, Within(0.0, 0.5)] = 0.02
    """Gain of the legs' levelling on the rate of a tilt [s]: it keeps a trot from falling."""
    slope_time: Annotated[float, Within(0.02, 5.0)] = 0.1
    """Time constant with which the slope estimate follows the height map [s]."""
    max_pitch: Annotated[float, Within(0.0, 1.2)] = 0.75
    """Largest pitch of the body and of the ground under it [rad]."""
    support: Annotated[float, Within(0.0, 1.0)] = 0.5
    """Share of the weight that is fed forward as torque to the standing legs.
    With none the legs sag; with all of it a Go2 fell.
    """
    max_target_speed: Annotated[float, Within(0.1, 50.0)] = 10.0
    """Largest speed of the joint targets [rad/s].
    It is commanded together with the positions: without it, damping holds a swinging leg back.
    """
    action_smoothing: Annotated[float, Within(0.01, 1.0)] = 0.25
    """Share of a new action that takes effect in its own step; the rest follows geometrically.
    A robot that is told to stand ignores actions.
    """
    command_ramp: Annotated[tuple[float, float], Within(0.01, 100.0)] = (1.0, 2.0)
    """Largest rate at which a change of the command is followed [m/s2, rad/s2].
    A robot that is told to stop steps to a halt, and does not drag its feet.
    """
    odometry_time: Annotated[float, Within(0.02, 5.0)] = 0.1
    """Time constant of the leg odometry [s]."""
    odometry_limit: Annotated[float, Within(0.1, 20.0)] = 2.0
    """Largest speed of one odometry reading, to either side [m/s]."""
