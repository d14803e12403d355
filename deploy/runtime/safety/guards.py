"""What must hold in every tick, and what happens if it does not: one table.

Damp where the robot cannot know where it is or what its limbs do: any motion could harm. Sit down
where the robot is sound but should not walk on, or the program cannot be trusted: sitting down
needs none. Hold where only the operator or the view is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from deploy.runtime.link import RobotState
from deploy.runtime.safety import conditions
from deploy.runtime.safety.conditions import Situation


class Guard(NamedTuple):
    """A row of the table."""

    name: str
    """What it guards."""
    event: str
    """Event of `machine.EVENTS` that follows."""
    sees: Callable[[Situation, RobotState], str | None]
    """What is wrong, or None."""
    remedy: str
    """What the operator can do about it."""
    ticks: int = 1
    """Ticks on end in which it must be wrong: a foot's impact makes single odd readings."""


class Trip(NamedTuple):
    """A guard that has something to say."""

    name: str
    """Name of the guard."""
    event: str
    """Event of `machine.EVENTS` that follows."""
    message: str
    """What is wrong and what the operator can do about it."""


GUARDS = (
    Guard(
        name="state age",
        event="damp",
        sees=conditions.state_age,
        remedy="see to the cable and the robot's power",
    ),
    Guard(
        name="sensors",
        event="damp",
        sees=conditions.sensors,
        remedy="restart the robot; if it stays, its sensors need service",
    ),
    Guard(
        name="tick",
        event="damp",
        sees=conditions.tick,
        remedy="restart the robot: its firmware hangs",
    ),
    Guard(name="tilt", event="damp", sees=conditions.tilt, remedy="put the robot on its feet"),
    Guard(
        name="joint position",
        event="damp",
        sees=conditions.joint_position,
        remedy="see whether a leg is bent or an encoder has lost its zero",
        ticks=2,
    ),
    Guard(
        name="joint speed",
        event="damp",
        sees=conditions.joint_speed,
        remedy="see whether an encoder is broken",
        ticks=2,
    ),
    Guard(
        name="joint torque",
        event="damp",
        sees=conditions.joint_torque,
        remedy="see whether a leg is caught",
        ticks=2,
    ),
    Guard(
        name="interrupted",
        event="damp",
        sees=conditions.interrupted,
        remedy="give the computer less to do beside the control loop",
    ),
    Guard(
        name="blocked",
        event="damp",
        sees=conditions.blocked,
        remedy="free its legs and put it on flat ground",
    ),
    Guard(
        name="temperature", event="sit", sees=conditions.temperature, remedy="let the motors cool"
    ),
    Guard(name="battery", event="sit", sees=conditions.battery, remedy="charge it"),
    Guard(
        name="deadline",
        event="sit",
        sees=conditions.deadline,
        remedy="give the computer less to do, and the loop real-time priority",
    ),
    Guard(
        name="command",
        event="sit",
        sees=conditions.command,
        remedy="do not use this bundle; verify it",
    ),
    Guard(
        name="target step",
        event="sit",
        sees=conditions.target_step,
        remedy="do not use this bundle; look at its black box",
    ),
    Guard(
        name="command age",
        event="hold",
        sees=conditions.command_age,
        remedy="switch the remote control on, or come closer",
    ),
    Guard(
        name="height map",
        event="hold",
        sees=conditions.height_map,
        remedy="see to the robot's terrain sensor",
    ),
)
"""All guards; the order is that of their messages."""
NO_STATE = Trip(
    "state age",
    "damp",
    "state age: the robot has sent no message yet; see to the cable and the robot's power",
)
"""What is wrong before the first message."""


def trips(seen: Situation, counts: dict[str, int]) -> tuple[list[Trip], dict[str, int]]:
    """The guards that trip, in the table's order, and counts of ticks on end for the next call."""
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
