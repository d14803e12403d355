"""One tick: what the robot says and its operator wants go in, a command comes out.

No clock, no input or output: the same on a robot, in a rehearsal and in a test.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.link import Array, HeightMapMessage, MotorCommand, RobotState
from deploy.runtime.safety import conditions, guards, machine, motions
from deploy.runtime.safety.conditions import Situation
from deploy.runtime.safety.guards import Trip
from deploy.runtime.safety.operator import Wish
from deploy.runtime.safety.pilot import Pilot

WALKING = ("running", "holding")
"""States in which the program has the legs."""


class Inputs(NamedTuple):
    """What one tick knows."""

    now: float
    """Time of the link's clock [s]."""
    late: float
    """Time from the deadline to the begin of the tick [s]."""
    state: RobotState | None
    """The robot's newest message; None before the first."""
    ground: HeightMapMessage | None
    """The newest height map, if there is one."""
    wish: Wish
    """What the operator wants."""
    interrupted: bool
    """Whether the deadman took over since the last tick."""


class Outcome(NamedTuple):
    """What one tick decides."""

    state: str
    """State of the machine, one of `machine.STATES`."""
    command: MotorCommand
    """What the motor drivers are told."""
    trips: list[Trip]
    """Guards that tripped."""
    refused: bool
    """Whether the operator wanted to go on and a guard did not let the robot."""


class Control:
    """The machine, its guards and its motions, with what they remember from tick to tick."""

    def __init__(self, about: Manifest, pilot: Pilot) -> None:
        self.about = about
        self._pilot = pilot
        self.state = "damped"
        self._since = 0.0
        self._start: Array = np.array(about.stance, np.float32)
        self._counts: dict[str, int] = {}
        self._late: deque[bool] = deque(maxlen=conditions.WINDOW)
        self._tick: int | None = None
        self._tick_changed = 0.0
        self._last: MotorCommand | None = None

    def step(self, inputs: Inputs) -> Outcome:
        """The command of this tick."""
        self._note(inputs)
        wanted = self._ask(inputs)
        trips, self._counts = guards.trips(self._seen(inputs, wanted), self._counts)
        events = set(inputs.wish.events) | {trip.event for trip in trips} | self._done(inputs)
        # No robot gets up, or walks, while a guard has a complaint.
        refused = bool(trips) and bool(events & {"arm", "go"})
        if trips:
            events -= {"arm", "go"}
        self._enter(machine.after(self.state, events), inputs)
        command = self._command(inputs, wanted)
        self._last = command
        return Outcome(state=self.state, command=command, trips=trips, refused=refused)

    def _note(self, inputs: Inputs) -> None:
        self._late.append(inputs.late > conditions.LATE)
        if inputs.state is not None and inputs.state.tick != self._tick:
            self._tick = inputs.state.tick
            self._tick_changed = inputs.now

    def _ask(self, inputs: Inputs) -> MotorCommand | None:
        """The program's answer, if it has the legs."""
        if self.state not in WALKING or inputs.state is None:
            return None
        speed = inputs.wish.command if self.state == "running" else (0.0, 0.0)
        return self._pilot.command(inputs.state, inputs.ground, inputs.now, speed)

    def _seen(self, inputs: Inputs, wanted: MotorCommand | None) -> Situation:
        map_age = None
        if self.state == "running" and self._pilot.needs_map():
            map_age = float("inf") if inputs.ground is None else inputs.now - inputs.ground.received
        blocked = self.state == "rising" and motions.is_blocked(
            self.about, inputs.now - self._since
        )
        late = sum(self._late)
        return Situation(
            about=self.about,
            now=inputs.now,
            state=inputs.state,
            tick_changed=self._tick_changed,
            wanted=wanted,
            last=self._last,
            map_age=map_age,
            late_ticks=late,
            interrupted=inputs.interrupted,
            blocked=blocked,
        )

    def _done(self, inputs: Inputs) -> set[str]:
        """Whether the motion of this state has come to its end."""
        elapsed = inputs.now - self._since
        if (
            self.state == "rising"
            and inputs.state is not None
            and motions.has_risen(self.about, inputs.state.joint_position, elapsed)
        ):
            return {"done"}
        if self.state == "sitting" and motions.has_sat_down(self.about, elapsed):
            return {"done"}
        return set()

    def _enter(self, state: str, inputs: Inputs) -> None:
        if state == self.state:
            return
        if state == "running" and self.state == "ready":
            self._pilot.reset()
        self.state = state
        self._since = inputs.now
        if inputs.state is not None and np.isfinite(inputs.state.joint_position).all():
            self._start = inputs.state.joint_position

    def _command(self, inputs: Inputs, wanted: MotorCommand | None) -> MotorCommand:
        elapsed = inputs.now - self._since
        if self.state in WALKING and wanted is not None:
            return wanted
        if self.state == "rising":
            return motions.rising(self.about, self._start, elapsed)
        # In the tick in which it begins to walk the program has not been asked yet.
        if self.state in ("ready", *WALKING):
            return motions.standing(self.about)
        if self.state == "sitting":
            return motions.sitting(self.about, self._start, elapsed)
        return motions.damping(self.about)
