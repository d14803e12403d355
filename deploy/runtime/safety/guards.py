"""What must hold in every tick, and what happens if it does not: one table.

Damp where the robot cannot know where it is or what its limbs do: any motion could harm. Sit down
where the robot is sound but should not walk on, or the program cannot be trusted: sitting down
needs none. Hold where only the operator or the view is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.link import Array, MotorCommand, RobotState
from deploy.runtime.safety import limits
from deploy.runtime.safety.attitude import tilt

LATE = 0.005
"""Time after its deadline from which on a tick is late [s]."""
WINDOW = 50
"""Ticks over which late ones are counted."""
LATE_TICKS = 5
"""Largest number of late ticks among the last `WINDOW`."""


class Seen(NamedTuple):
    """All that a guard may look at. Times are seconds of the link's clock."""

    about: Manifest
    now: float
    state: RobotState | None
    tick_changed: float
    """When the robot's counter last moved."""
    wanted: MotorCommand | None
    """What the program says in this tick; None if it was not asked."""
    last: MotorCommand | None
    """What was sent in the tick before."""
    map_age: float | None
    """Of the height map, if the program needs one [s]."""
    late_ticks: int
    """Of the last `WINDOW`."""
    interrupted: bool
    """Whether the deadman took over since the last tick."""
    blocked: bool
    """Whether the robot should long have stood up."""


class Guard(NamedTuple):
    """A row of the table."""

    name: str
    event: str
    """Of `machine.EVENTS`: what happens."""
    sees: Callable[[Seen, RobotState], str | None]
    """What is wrong, or None."""
    remedy: str
    ticks: int = 1
    """It must be wrong in so many ticks on end: a single odd reading of a foot's impact is none."""


class Trip(NamedTuple):
    """A guard that has something to say."""

    name: str
    event: str
    message: str


def _state_age(seen: Seen, state: RobotState) -> str | None:
    age = seen.now - state.received
    return _over(
        what="the robot's newest message is", value=age, most=seen.about.max_state_age, unit="s old"
    )


def _finite(seen: Seen, state: RobotState) -> str | None:
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


def _tick(seen: Seen, state: RobotState) -> str | None:
    return _over(
        what=f"the robot's counter stands at {state.tick} for",
        value=seen.now - seen.tick_changed,
        most=seen.about.max_state_age,
        unit="s",
    )


def _tilt(seen: Seen, state: RobotState) -> str | None:
    return _over(
        what="the body leans by", value=tilt(state.quaternion), most=seen.about.max_tilt, unit="rad"
    )


def _position(seen: Seen, state: RobotState) -> str | None:
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


def _speed(seen: Seen, state: RobotState) -> str | None:
    return _joint(
        seen=seen,
        values=np.abs(state.joint_velocity),
        most=seen.about.speed_margin * np.array(seen.about.speed_limit),
        verb="turns with",
        unit="rad/s",
    )


def _torque(seen: Seen, state: RobotState) -> str | None:
    return _joint(
        seen=seen,
        values=np.abs(state.joint_torque),
        most=seen.about.torque_margin * np.array(seen.about.torque_limit),
        verb="strains with",
        unit="N m",
    )


def _temperature(seen: Seen, state: RobotState) -> str | None:
    return _joint(
        seen=seen,
        values=state.temperature,
        most=np.full_like(state.temperature, seen.about.max_temperature),
        verb="has",
        unit="degC",
    )


def _battery(seen: Seen, state: RobotState) -> str | None:
    least = seen.about.min_battery
    # Not `<`: what is no number is no charge.
    return (
        None
        if state.battery >= least
        else f"the battery is at {100 * state.battery:.0f}% (at least {100 * least:.0f}%)"
    )


def _deadline(seen: Seen, _: RobotState) -> str | None:
    return _over(
        what=f"ticks late by more than {1e3 * LATE:.0f} ms, of the last {WINDOW}:",
        value=seen.late_ticks,
        most=LATE_TICKS,
        unit="",
    )


def _command(seen: Seen, _: RobotState) -> str | None:
    wrong = limits.violation(seen.about, seen.wanted) if seen.wanted else None
    return f"the program's command is {wrong}" if wrong else None


def _target_step(seen: Seen, _: RobotState) -> str | None:
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


def _command_age(seen: Seen, state: RobotState) -> str | None:
    return _over(
        what="the remote control's newest word is",
        value=seen.now - state.received + state.remote.age,
        most=seen.about.max_command_age,
        unit="s old",
    )


def _map_age(seen: Seen, _: RobotState) -> str | None:
    if seen.map_age is None:
        return None
    return _over(
        what="the height map is", value=seen.map_age, most=seen.about.max_map_age, unit="s old"
    )


def _interrupted(seen: Seen, _: RobotState) -> str | None:
    return "the deadman had to take over from a loop that hung" if seen.interrupted else None


def _blocked(seen: Seen, _: RobotState) -> str | None:
    return "the robot does not get up" if seen.blocked else None


GUARDS = (
    Guard(
        name="state age",
        event="damp",
        sees=_state_age,
        remedy="see to the cable and the robot's power",
    ),
    Guard(
        name="sensors",
        event="damp",
        sees=_finite,
        remedy="restart the robot; if it stays, its sensors need service",
    ),
    Guard(name="tick", event="damp", sees=_tick, remedy="restart the robot: its firmware hangs"),
    Guard(name="tilt", event="damp", sees=_tilt, remedy="put the robot on its feet"),
    Guard(
        name="joint position",
        event="damp",
        sees=_position,
        remedy="see whether a leg is bent or an encoder has lost its zero",
        ticks=2,
    ),
    Guard(
        name="joint speed",
        event="damp",
        sees=_speed,
        remedy="see whether an encoder is broken",
        ticks=2,
    ),
    Guard(
        name="joint torque",
        event="damp",
        sees=_torque,
        remedy="see whether a leg is caught",
        ticks=2,
    ),
    Guard(
        name="interrupted",
        event="damp",
        sees=_interrupted,
        remedy="give the computer less to do beside the control loop",
    ),
    Guard(
        name="blocked",
        event="damp",
        sees=_blocked,
        remedy="free its legs and put it on flat ground",
    ),
    Guard(name="temperature", event="sit", sees=_temperature, remedy="let the motors cool"),
    Guard(name="battery", event="sit", sees=_battery, remedy="charge it"),
    Guard(
        name="deadline",
        event="sit",
        sees=_deadline,
        remedy="give the computer less to do, and the loop real-time priority",
    ),
    Guard(name="command", event="sit", sees=_command, remedy="do not use this bundle; verify it"),
    Guard(
        name="target step",
        event="sit",
        sees=_target_step,
        remedy="do not use this bundle; look at its black box",
    ),
    Guard(
        name="command age",
        event="hold",
        sees=_command_age,
        remedy="switch the remote control on, or come closer",
    ),
    Guard(
        name="height map", event="hold", sees=_map_age, remedy="see to the robot's terrain sensor"
    ),
)
NO_STATE = Trip(
    "state age",
    "damp",
    "state age: the robot has sent no message yet; see to the cable and the robot's power",
)


def trips(seen: Seen, counts: dict[str, int]) -> tuple[list[Trip], dict[str, int]]:
    """The guards that trip, the table's order; and in how many ticks on end each was wrong, for the
    next call.
    """
    if seen.state is None:
        return [NO_STATE], {}
    found = []
    wrong = {}
    for guard in GUARDS:
        message = guard.sees(seen, seen.state)
        if message is None:
            continue
        wrong[guard.name] = counts.get(guard.name, 0) + 1
        if wrong[guard.name] >= guard.ticks:
            found.append(Trip(guard.name, guard.event, f"{guard.name}: {message}; {guard.remedy}"))
        # The guards below could not compare what is not finite.
        if guard.name == "sensors":
            break
    return found, wrong


def _over(what: str, value: float, most: float, unit: str) -> str | None:
    # Not `>`: what is no number is not within a limit.
    return None if value <= most else f"{what} {value:.3g} {unit} (at most {most:.3g})"


def _joint(seen: Seen, values: Array, most: Any, verb: str, unit: str) -> str | None:
    """The joint that is furthest over its limit, in words."""
    excess = values / most
    worst = int(np.argmax(excess))
    if excess[worst] <= 1.0:
        return None
    joint = seen.about.joint_names[worst]
    return f"{joint} {verb} {values[worst]:.3g} {unit} (at most {most[worst]:.3g})"
