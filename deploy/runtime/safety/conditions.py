"""What can be wrong in a tick: each function says it in words, or returns None."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.link import Array, MotorCommand, RobotState
from deploy.runtime.safety import attitude, limits

LATE = 0.005
"""Time after its deadline from which on a tick is late [s]."""
WINDOW = 50
"""Ticks over which late ones are counted."""
LATE_TICKS = 5
"""Largest number of late ticks among the last `WINDOW`."""


class Situation(NamedTuple):
    """All that a guard may look at. Times are seconds of the link's clock."""

    about: Manifest
    """The bundle's manifest."""
    now: float
    """Time of the tick."""
    state: RobotState | None
    """The robot's newest message; None before the first."""
    tick_changed: float
    """Time at which the robot's counter last moved."""
    wanted: MotorCommand | None
    """The program's command of this tick; None if it was not asked."""
    last: MotorCommand | None
    """The command of the tick before."""
    map_age: float | None
    """Age of the height map, if the program needs one [s]."""
    late_ticks: int
    """Number of late ticks among the last `WINDOW`."""
    interrupted: bool
    """Whether the deadman took over since the last tick."""
    blocked: bool
    """Whether the robot should long have stood up."""


def state_age(seen: Situation, state: RobotState) -> str | None:
    """Whether the newest message is too old."""
    age = seen.now - state.received
    return _over(
        what="the robot's newest message is", value=age, most=seen.about.max_state_age, unit="s old"
    )


def sensors(seen: Situation, state: RobotState) -> str | None:
    """Whether a reading is not finite, or not one for each joint."""
    joints = len(seen.about.joint_names)
    arrays: dict[str, tuple[Array, int]] = {
        "quaternion": (state.quaternion, 4),
        "angular_velocity": (state.angular_velocity, 3),
        **{
            name: (getattr(state, name), joints)
            for name in ("joint_position", "joint_velocity", "joint_torque", "temperature")
        },
    }
    wrong = [
        name
        for name, (value, size) in arrays.items()
        if value.shape != (size,) or not np.isfinite(value).all()
    ]
    if wrong:
        return f"{', '.join(wrong)} not finite, or of the wrong size"
    length = float(np.linalg.norm(state.quaternion.astype(np.float64)))
    return (
        None
        if abs(length - 1.0) < 0.05
        else f"the attitude's quaternion has the length {length:.2f}"
    )


def tick(seen: Situation, state: RobotState) -> str | None:
    """Whether the robot's own counter stands still."""
    return _over(
        what=f"the robot's counter stands at {state.tick} for",
        value=seen.now - seen.tick_changed,
        most=seen.about.max_state_age,
        unit="s",
    )


def tilt(seen: Situation, state: RobotState) -> str | None:
    """Whether the body leans too far."""
    return _over(
        what="the body leans by",
        value=attitude.tilt(state.quaternion),
        most=seen.about.max_tilt,
        unit="rad",
    )


def joint_position(seen: Situation, state: RobotState) -> str | None:
    """Whether a joint is far beyond its limits."""
    beyond = np.maximum(
        np.subtract(seen.about.lower, state.joint_position),
        np.subtract(state.joint_position, seen.about.upper),
    )
    return _joint(
        seen=seen,
        values=beyond,
        most=np.full_like(beyond, seen.about.position_margin),
        verb="is beyond its limit by",
        unit="rad",
    )


def joint_speed(seen: Situation, state: RobotState) -> str | None:
    """Whether a joint turns faster than one can."""
    return _joint(
        seen=seen,
        values=np.abs(state.joint_velocity),
        most=seen.about.speed_margin * np.array(seen.about.speed_limit),
        verb="turns with",
        unit="rad/s",
    )


def joint_torque(seen: Situation, state: RobotState) -> str | None:
    """Whether a joint strains more than one can."""
    return _joint(
        seen=seen,
        values=np.abs(state.joint_torque),
        most=seen.about.torque_margin * np.array(seen.about.torque_limit),
        verb="strains with",
        unit="N m",
    )


def temperature(seen: Situation, state: RobotState) -> str | None:
    """Whether a motor is too hot."""
    return _joint(
        seen=seen,
        values=state.temperature,
        most=np.full_like(state.temperature, seen.about.max_temperature),
        verb="has",
        unit="degC",
    )


def battery(seen: Situation, state: RobotState) -> str | None:
    """Whether the battery is low."""
    least = seen.about.min_battery
    # Not `<`: what is no number is no charge.
    return (
        None
        if state.battery >= least
        else f"the battery is at {100 * state.battery:.0f}% (at least {100 * least:.0f}%)"
    )


def deadline(seen: Situation, _: RobotState) -> str | None:
    """Whether too many ticks were late."""
    return _over(
        what=f"ticks late by more than {1e3 * LATE:.0f} ms, of the last {WINDOW}:",
        value=seen.late_ticks,
        most=LATE_TICKS,
        unit="",
    )


def command(seen: Situation, _: RobotState) -> str | None:
    """Whether the program's command is outside the limits of the manifest."""
    wrong = limits.violation(seen.about, seen.wanted) if seen.wanted else None
    return f"the program's command is {wrong}" if wrong else None


def target_step(seen: Situation, _: RobotState) -> str | None:
    """Whether the program lets a joint jump."""
    if seen.wanted is None or seen.last is None:
        return None
    step = np.abs(seen.wanted.position - seen.last.position)
    return _joint(
        seen=seen,
        values=step,
        most=np.full_like(step, seen.about.max_target_step),
        verb="is told to jump by",
        unit="rad",
    )


def command_age(seen: Situation, state: RobotState) -> str | None:
    """Whether the operator's newest command is too old."""
    return _over(
        what="the remote control's newest word is",
        value=seen.now - state.received + state.remote.age,
        most=seen.about.max_command_age,
        unit="s old",
    )


def height_map(seen: Situation, _: RobotState) -> str | None:
    """Whether the height map that the program needs is too old."""
    if seen.map_age is None:
        return None
    return _over(
        what="the height map is", value=seen.map_age, most=seen.about.max_map_age, unit="s old"
    )


def interrupted(seen: Situation, _: RobotState) -> str | None:
    """Whether the deadman took over from the loop."""
    return "the deadman had to take over from a loop that hung" if seen.interrupted else None


def blocked(seen: Situation, _: RobotState) -> str | None:
    """Whether the robot does not get up."""
    return "the robot does not get up" if seen.blocked else None


def _over(what: str, value: float, most: float, unit: str) -> str | None:
    """Say that `value` is not within `most`, if so."""
    # Not `>`: what is no number is not within a limit.
    return None if value <= most else f"{what} {value:.3g} {unit} (at most {most:.3g})"


def _joint(
    seen: Situation, values: Array, most: NDArray[np.floating], verb: str, unit: str
) -> str | None:
    """Say which joint is furthest over its limit, if one is."""
    excess = values / most
    worst = int(np.argmax(excess))
    if excess[worst] <= 1.0:
        return None
    joint = seen.about.joint_names[worst]
    return f"{joint} {verb} {values[worst]:.3g} {unit} (at most {most[worst]:.3g})"
