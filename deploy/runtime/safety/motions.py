"""Commands that need no policy: damping, standing up, standing, sitting down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.errors import DeployError
from deploy.runtime.link import Array, MotorCommand


def check(about: Manifest) -> None:
    """See that this runtime can drive the robot.

    Raises:
        DeployError: as `check_joints`.
    """
    check_joints(about.robot, [name for name, kp in zip(about.joint_names, about.kp) if not kp])


def check_joints(robot: str, driven: Sequence[str]) -> None:
    """See that this runtime can stand a robot up and sit it down, which it does by the positions of
    all its joints. The joints `driven` have a speed only.

    Raises:
        DeployError: some joints have no position control.
    """
    if driven:
        raise DeployError(
            f"this runtime cannot drive a {robot}: it has no motions for joints without a "
            f"position ({', '.join(driven)})"
        )


def damping(about: Manifest) -> MotorCommand:
    """No force but against motion: what is streamed whenever nothing better is known to be safe."""
    zero = np.zeros(len(about.joint_names), np.float32)
    return MotorCommand(
        position=_array(about.stance),
        velocity=zero,
        torque=zero,
        kp=zero,
        kd=_array(about.damping),
    )


def rising(about: Manifest, start: Array, elapsed: float) -> MotorCommand:
    """`elapsed` [s] into standing up from the joint positions `start` [rad]: first the legs are
    drawn in, then the body is pushed up.
    """
    folded = _array(about.folded)
    if elapsed < about.gather_time:
        return _held(about, _between(start, folded, elapsed / about.gather_time))
    share = (elapsed - about.gather_time) / about.rise_time
    return _held(about, _between(folded, _array(about.stance), share))


def standing(about: Manifest) -> MotorCommand:
    """Keep the stance."""
    return _held(about, _array(about.stance))


def sitting(about: Manifest, start: Array, elapsed: float) -> MotorCommand:
    """`elapsed` [s] into sitting down from the joint positions `start` [rad]."""
    return _held(about, _between(start, _array(about.folded), elapsed / about.sit_time))


def has_risen(about: Manifest, position: Array, elapsed: float) -> bool:
    """Whether the robot stands, `elapsed` [s] after it began to rise."""
    return elapsed >= about.gather_time + about.rise_time and bool(
        np.abs(position - _array(about.stance)).max() < about.tolerance
    )


def is_blocked(about: Manifest, elapsed: float) -> bool:
    """Whether a robot that does not stand yet, `elapsed` [s] after it began to rise, will not."""
    return elapsed > about.gather_time + about.rise_time + about.patience


def has_sat_down(about: Manifest, elapsed: float) -> bool:
    """Whether sitting down is over, `elapsed` [s] after it began."""
    return elapsed >= about.sit_time


def _between(start: Array, end: Array, share: float) -> Array:
    """From `start` to `end`, slowly at both ends."""
    share = float(np.clip(share, 0.0, 1.0))
    return start + np.float32(share * share * (3.0 - 2.0 * share)) * (end - start)


def _held(about: Manifest, position: Array) -> MotorCommand:
    """Hold `position` [rad], within the limits."""
    position = np.clip(position, _array(about.lower), _array(about.upper))
    zero = np.zeros_like(position)
    return MotorCommand(
        position=position,
        velocity=zero,
        torque=zero,
        kp=_array(about.hold_kp),
        kd=_array(about.hold_kd),
    )


def _array(values: tuple[float, ...]) -> Array:
    return np.array(values, np.float32)
