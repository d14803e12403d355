"""What must hold in every tick, and what happens if it does not: one table.

Damp where the robot cannot know where it is or what its limbs do: any motion could harm. Sit down where the robot is sound but should not walk on, or the program
cannot be trusted: sitting down needs none. Hold where only the operator or the view is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.link import Array, MotorCommand, RobotState
from deploy.runtime.safety import limits
from deploy.runtime.safety.attitude import tilt

POSITION_MARGIN = 0.1
"""A joint this far beyond its limits [rad] has a broken encoder, or is about to break."""
SPEED_MARGIN, TORQUE_MARGIN = 2.5, 1.25
"""Times the joint's limit. Impacts on stairs turn a calf with up to 2.0 times its no-load speed in the simulator; torques reach 1.1 times their limit."""
HOTTEST = 80.0
"""[degC] of a motor."""
LOWEST_BATTERY = 0.10
LATE, LATE_TICKS, WINDOW = 0.005, 5, 50
"""A tick is late from here on [s]; this many of the last WINDOW are too many."""
TARGET_STEP = 2.0
"""Largest change of a commanded joint position from tick to tick [rad]; the shipped policy's largest on stairs was 1.3."""
MAP_AGE = 0.5
"""[s]: as far as a robot walks on what it saw last."""


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
    return _over("the robot's newest message is", age, seen.about.max_state_age, "s old")


def _finite(seen: Seen, state: RobotState) -> str | None:
    joints = len(seen.about.joint_names)
    arrays: dict[str, tuple[Array, int]] = {
        "quaternion": (state.quaternion, 4),
        "angular_velocity": (state.angular_velocity, 3),
        **{name: (getattr(state, name), joints) for name in ("joint_position", "joint_velocity", "joint_torque", "temperature")},
    }
    wrong = [name for name, (value, size) in arrays.items() if value.shape != (size,) or not np.isfinite(value).all()]
    if wrong:
        return f"{', '.join(wrong)} not finite, or of the wrong size"
    length = float(np.linalg.norm(state.quaternion.astype(np.float64)))
    return None if abs(length - 1.0) < 0.05 else f"the attitude's quaternion has the length {length:.2f}"


def _tick(seen: Seen, state: RobotState) -> str | None:
    return _over(f"the robot's counter stands at {state.tick} for", seen.now - seen.tick_changed, seen.about.max_state_age, "s")


def _tilt(seen: Seen, state: RobotState) -> str | None:
    return _over("the body leans by", tilt(state.quaternion), seen.about.max_tilt, "rad")


def _position(seen: Seen, state: RobotState) -> str | None:
    beyond = np.maximum(np.subtract(seen.about.lower, state.joint_position), np.subtract(state.joint_position, seen.about.upper))
    return _joint(seen, beyond, np.full_like(beyond, POSITION_MARGIN), "is beyond its limit by", "rad")


def _speed(seen: Seen, state: RobotState) -> str | None:
    return _joint(seen, np.abs(state.joint_velocity), SPEED_MARGIN * np.array(seen.about.speed_limit), "turns with", "rad/s")


def _torque(seen: Seen, state: RobotState) -> str | None:
    return _joint(seen, np.abs(state.joint_torque), TORQUE_MARGIN * np.array(seen.about.torque_limit), "strains with", "N m")


def _temperature(seen: Seen, state: RobotState) -> str | None:
    return _joint(seen, state.temperature, np.full_like(state.temperature, HOTTEST), "has", "degC")


def _battery(_: Seen, state: RobotState) -> str | None:
    # Not `<`: what is no number is no charge.
    return None if state.battery >= LOWEST_BATTERY else f"the battery is at {100 * state.battery:.0f}% (at least {100 * LOWEST_BATTERY:.0f}%)"


def _deadline(seen: Seen, _: RobotState) -> str | None:
    return _over(f"ticks late by more than {1e3 * LATE:.0f} ms, of the last {WINDOW}:", seen.late_ticks, LATE_TICKS, "")


def _command(seen: Seen, _: RobotState) -> str | None:
    wrong = limits.violation(seen.about, seen.wanted) if seen.wanted else None
    return f"the program's command is {wrong}" if wrong else None


def _target_step(seen: Seen, _: RobotState) -> str | None:
    if seen.wanted is None or seen.last is None:
        return None
    step = np.abs(seen.wanted.position - seen.last.position)
    return _joint(seen, step, np.full_like(step, TARGET_STEP), "is told to jump by", "rad")


def _command_age(seen: Seen, state: RobotState) -> str | None:
    return _over("the remote control's newest word is", seen.now - state.received + state.remote.age, seen.about.max_command_age, "s old")


def _map_age(seen: Seen, _: RobotState) -> str | None:
    return None if seen.map_age is None else _over("the height map is", seen.map_age, MAP_AGE, "s old")


def _interrupted(seen: Seen, _: RobotState) -> str | None:
    return "the deadman had to take over from a loop that hung" if seen.interrupted else None


def _blocked(seen: Seen, _: RobotState) -> str | None:
    return "the robot does not get up" if seen.blocked else None


GUARDS = (
    Guard("state age", "damp", _state_age, "see to the cable and the robot's power"),
    Guard("sensors", "damp", _finite, "restart the robot; if it stays, its sensors need service"),
    Guard("tick", "damp", _tick, "restart the robot: its firmware hangs"),
    Guard("tilt", "damp", _tilt, "put the robot on its feet"),
    Guard("joint position", "damp", _position, "see whether a leg is bent or an encoder has lost its zero", 2),
    Guard("joint speed", "damp", _speed, "see whether an encoder is broken", 2),
    Guard("joint torque", "damp", _torque, "see whether a leg is caught", 2),
    Guard("interrupted", "damp", _interrupted, "give the computer less to do beside the control loop"),
    Guard("blocked", "damp", _blocked, "free its legs and put it on flat ground"),
    Guard("temperature", "sit", _temperature, "let the motors cool"),
    Guard("battery", "sit", _battery, "charge it"),
    Guard("deadline", "sit", _deadline, "give the computer less to do, and the loop real-time priority"),
    Guard("command", "sit", _command, "do not use this bundle; verify it"),
    Guard("target step", "sit", _target_step, "do not use this bundle; look at its black box"),
    Guard("command age", "hold", _command_age, "switch the remote control on, or come closer"),
    Guard("height map", "hold", _map_age, "see to the robot's terrain sensor"),
)
NO_STATE = Trip("state age", "damp", "state age: the robot has sent no message yet; see to the cable and the robot's power")


def trips(seen: Seen, counts: dict[str, int]) -> tuple[list[Trip], dict[str, int]]:
    """The guards that trip, the table's order; and in how many ticks on end each was wrong, for the next call."""
    if seen.state is None:
        return [NO_STATE], {}
    found, wrong = [], {}
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
    return None if excess[worst] <= 1.0 else f"{seen.about.joint_names[worst]} {verb} {values[worst]:.3g} {unit} (at most {most[worst]:.3g})"
