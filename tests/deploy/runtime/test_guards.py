"""Guards: each trips on what it guards, names its remedy, and does what the table says."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from deploy.runtime.link import HeightMapMessage, MotorCommand, Remote, RobotState
from deploy.runtime.loop import loop
from deploy.runtime.safety import guards, machine
from deploy.runtime.safety.control import Control, Inputs, Outcome
from deploy.runtime.safety.operator import OperatorInput
from deploy.runtime.safety.pilot import Pilot
from tests.support.bundles import about
from tests.support.ticks import ABOUT, SCRIPT, STANCE, Model, Program, drive, lost, states


def bad(part: str, value: Any) -> Callable[[RobotState], RobotState]:
    return lambda state: state._replace(**{part: value})


def spiked(part: str, value: float) -> Callable[[RobotState], RobotState]:
    return lambda state: bad(
        part, np.where(np.arange(12) == 4, np.float32(value), getattr(state, part))
    )(state)


def jump(command: MotorCommand) -> MotorCommand:
    return command._replace(
        position=np.array(ABOUT.lower, np.float32)
        if command.position[0] < STANCE[0] - 0.004
        else command.position
    )


LEANING = np.array([np.sin(0.5), 0, 0, np.cos(0.5)], np.float32)
SENSED: dict[str, tuple[str, Callable[[RobotState], RobotState]]] = {
    "sensors": ("damped", spiked("joint_velocity", float("nan"))),
    "tick": ("damped", bad("tick", 250)),
    "tilt": ("damped", bad("quaternion", LEANING)),
    "joint position": ("damped", spiked("joint_position", 4.0)),
    "joint speed": ("damped", spiked("joint_velocity", -90.0)),
    "joint torque": ("damped", spiked("joint_torque", 60.0)),
    "temperature": ("sitting", spiked("temperature", 95.0)),
    "battery": ("sitting", bad("battery", 0.05)),
    "command age": ("holding", bad("remote", Remote(age=2.0))),
    "state age": ("damped", lambda state: state._replace(received=state.received - 0.05)),
}


def check(happened: list[tuple[Inputs, Outcome]], name: str, leads_to: str) -> None:
    """The first trip is that of the guard `name`, which says what it saw and what to do, and the
    robot does what the table says at once.
    """
    outcome = next(outcome for _, outcome in happened if outcome.trips)
    (trip,) = outcome.trips
    guard = next(guard for guard in guards.GUARDS if guard.name == name)
    assert trip.name == name
    assert trip.message.startswith(f"{name}: ")
    assert trip.message.endswith(guard.remedy)
    assert outcome.state == leads_to == machine.after("running", {guard.event})
    if leads_to != "holding":
        assert outcome.command.kp.all() == (leads_to == "sitting")


@pytest.mark.parametrize("name", SENSED)
def test_every_guard_of_the_sensors_trips_and_names_itself(name: str) -> None:
    leads_to, change = SENSED[name]
    happened = drive(
        Model(lambda tick, state, ground: (change(state) if tick >= 250 else state, ground)),
        Program(),
    )
    assert [outcome.state for _, outcome in happened][249] == "running"
    check(happened, name, leads_to)


def test_a_robot_that_falls_silent_is_damped() -> None:
    held: list[RobotState] = []

    def silent(
        tick: int, state: RobotState, ground: HeightMapMessage
    ) -> tuple[RobotState, HeightMapMessage]:
        held.append(state if tick < 250 else held[-1])
        return held[-1], ground

    happened = drive(Model(silent), Program())
    inputs, outcome = next((inputs, outcome) for inputs, outcome in happened if outcome.trips)
    assert {trip.name for trip in outcome.trips} == {"state age", "tick"}
    assert outcome.state == "damped"
    assert (
        inputs.now - 249 * ABOUT.control_period <= ABOUT.max_state_age + 1.01 * ABOUT.control_period
    )


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("command", lambda command: command._replace(torque=np.full(12, np.nan, np.float32))),
        ("command", lambda command: command._replace(kp=command.kp * 2)),
        ("target step", jump),
    ],
)
def test_a_program_that_cannot_be_trusted_is_not_obeyed(
    name: str, change: Callable[[MotorCommand], MotorCommand]
) -> None:
    model = Model()
    happened = drive(model, Program(change))
    check(happened, name, "sitting")
    for command in model.sent:
        assert all(np.isfinite(part).all() for part in command)
    steps = np.abs(np.diff([command.position for command in model.sent], axis=0))
    assert steps[150:].max() < ABOUT.max_target_step


@pytest.mark.parametrize(
    ("name", "leads_to", "figures"),
    [
        ("joint position", "damped", {"position_margin": 0.001, "upper": (0.0,) * 12}),
        ("temperature", "damped", {"max_temperature": 39.0}),
        ("battery", "damped", {"min_battery": 0.81}),
        ("target step", "sitting", {"max_target_step": 1e-5}),
        ("command age", "holding", {"max_command_age": 1e-9}),
        ("height map", "holding", {"max_map_age": 1e-9}),
    ],
)
def test_limits_are_those_of_the_manifest(
    name: str, leads_to: str, figures: dict[str, Any]
) -> None:
    def aged(
        tick: int, state: RobotState, ground: HeightMapMessage
    ) -> tuple[RobotState, HeightMapMessage]:
        if tick < 250:
            return state, ground
        remote = state.remote._replace(age=1e-6)
        return state._replace(remote=remote), ground._replace(received=ground.received - 1e-6)

    happened = drive(Model(aged), Program(), manifest=replace(ABOUT, **figures))
    assert name in {trip.name for _, outcome in happened for trip in outcome.trips}
    assert states(happened)[-1] == leads_to


def test_late_ticks_sit_the_robot_down() -> None:
    class Slow(Model):
        def sleep_until(self, deadline: float) -> None:
            super().sleep_until(deadline + (0.010 if deadline > 5.0 else 0.0))

    check(drive(Slow(), Program()), "deadline", "sitting")


def test_a_tick_in_which_the_deadman_took_over_is_the_last() -> None:
    class Taken(loop.Unwatched):
        def is_interrupted(self) -> bool:
            return model.time > 5.0

    model = Model()
    happened = list[tuple[Inputs, Outcome]]()
    watch: Any = (lambda inputs, outcome, took: happened.append((inputs, outcome)),)
    loop.run(
        link=model,
        clock=model,
        control=Control(ABOUT, Pilot(ABOUT, Program(), None)),
        operator=OperatorInput(about()),
        keys=lambda: "",
        guardian=Taken(),
        observers=watch,
        ends=lambda: model.time > 6.0,
    )
    check(happened, "interrupted", "damped")


def test_a_robot_that_does_not_get_up_is_damped() -> None:
    class Caught(Model):
        def send(self, command: MotorCommand) -> None:
            """Nothing moves."""

    happened = drive(Caught(), Program())
    outcome = next(outcome for _, outcome in happened if outcome.trips)
    assert outcome.trips[0].message.startswith("blocked: ")
    assert states(happened) == ["damped", "armed", "rising", "damped"]


def test_no_guard_is_without_a_test() -> None:
    assert {guard.name for guard in guards.GUARDS} == {
        *SENSED,
        "command",
        "target step",
        "deadline",
        "interrupted",
        "blocked",
        "height map",
    }


def test_a_single_odd_reading_of_a_joint_stops_nothing() -> None:
    happened = drive(
        Model(
            lambda tick, state, ground: (
                spiked("joint_velocity", 90.0)(state) if tick == 250 else state,
                ground,
            )
        ),
        Program(),
    )
    assert states(happened)[-1] == "running"


def test_without_a_height_map_it_stops_and_holds() -> None:
    program = Program()
    happened = drive(Model(lost), program)
    check(happened, "height map", "holding")
    assert program.told[-1][4].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("complaint", ["battery", "tilt"])
def test_a_robot_with_a_complaint_is_not_armed_and_says_why(complaint: str) -> None:
    change = SENSED[complaint][1]
    happened = drive(Model(lambda _, state, ground: (change(state), ground)), Program())
    assert states(happened) == ["damped"]
    refused = [outcome for _, outcome in happened if outcome.refused]
    assert [trip.name for outcome in refused for trip in outcome.trips] == [complaint] * len(SCRIPT)
