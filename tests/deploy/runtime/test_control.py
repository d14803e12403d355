"""One tick: every guard trips on what it guards, names itself and its remedy, and does what the
table says; runs on a simulated clock repeat.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.errors import DeployError
from deploy.runtime.link import Array, HeightMap, MotorCommand, Remote, RobotState
from deploy.runtime.loop import loop, records
from deploy.runtime.safety import guards, machine, motions, pilot
from deploy.runtime.safety.control import Control, Inputs, Outcome
from deploy.runtime.safety.operator import Operator
from deploy.runtime.safety.pilot import Pilot
from tests.support.bundles import about

ABOUT = about()
STANCE = np.array(ABOUT.stance, np.float32)
SCRIPT = {5: "start", 10: "A", 200: "A"}
"""Buttons by tick: arm, stand up, walk."""


class Program:
    """Commands the stance, a little lower for each tick since `reset`; what it was told is kept."""

    def __init__(
        self, change: Callable[[MotorCommand], MotorCommand] = lambda command: command
    ) -> None:
        self.change = change
        self.told = list[tuple[Array, ...]]()
        self.steps = 0

    def reset(self) -> None:
        self.steps = 0

    def step(self, *sensors: Array) -> tuple[Array, ...]:
        self.told.append(sensors)
        self.steps += 1
        zero = np.zeros_like(STANCE)
        position = STANCE - np.float32(1e-4 * self.steps)
        return self.change(
            MotorCommand(
                position=position,
                velocity=zero,
                torque=zero,
                kp=np.array(ABOUT.kp, np.float32),
                kd=np.array(ABOUT.kd, np.float32),
            )
        )


class Model:
    """Link and clock of a robot whose joints go where they are told. `disturb` changes each tick's
    state and map.
    """

    def __init__(
        self,
        disturb: Callable[
            [int, RobotState, HeightMap], tuple[RobotState | None, HeightMap | None]
        ] = lambda _, *rest: rest,
    ) -> None:
        self.disturb = disturb
        self.time = 0.0
        self.joints = np.array(ABOUT.folded, np.float32)
        self.sent = list[MotorCommand]()

    def now(self) -> float:
        return self.time

    def sleep_until(self, deadline: float) -> None:
        self.time = max(self.time, deadline)

    def start(self) -> None: ...

    def close(self) -> None: ...

    def _message(self) -> tuple[RobotState | None, HeightMap | None]:
        tick = round(self.time / ABOUT.control_period)
        zero = np.zeros_like(STANCE)
        remote = Remote(frozenset({SCRIPT[tick]} if tick in SCRIPT else ()), 0.5)
        upright = np.array([0, 0, 0, 1], np.float32)
        state = RobotState(
            tick=tick,
            received=self.time,
            quaternion=upright,
            angular_velocity=np.zeros(3, np.float32),
            joint_position=self.joints,
            joint_velocity=zero,
            joint_torque=zero,
            temperature=zero + 40,
            battery=0.8,
            remote=remote,
        )
        return self.disturb(tick, state, HeightMap(self.time, np.full((29, 7), -0.26, np.float32)))

    def state(self) -> RobotState | None:
        return self._message()[0]

    def height_map(self) -> HeightMap | None:
        return self._message()[1]

    def send(self, command: MotorCommand) -> None:
        self.sent.append(command)
        self.joints = command.position if command.kp.any() else self.joints


def drive(
    model: Model,
    program: Program,
    ticks: int = 300,
    blind: Program | None = None,
    manifest: Manifest = ABOUT,
) -> list[tuple[Inputs, Outcome]]:
    """What happened in each tick."""
    happened: list[tuple[Inputs, Outcome]] = []
    control = Control(manifest, Pilot(manifest, program, blind))
    watch: Any = (lambda inputs, outcome, took: happened.append((inputs, outcome)),)
    assert loop.run(
        link=model,
        clock=model,
        control=control,
        operator=Operator(),
        keys=lambda: "",
        guardian=loop.Unwatched(),
        observers=watch,
        ends=lambda: len(happened) >= ticks,
    )
    return happened


def states(happened: list[tuple[Inputs, Outcome]]) -> list[str]:
    """In their order, each once."""
    every = [outcome.state for _, outcome in happened]
    return [state for state, before in zip(every, [None, *every], strict=False) if state != before]


def test_armed_by_a_person_it_stands_up_and_walks() -> None:
    program = Program()
    model = Model()
    happened = drive(model, program)
    assert states(happened) == ["damped", "armed", "rising", "ready", "running"]
    assert not any(outcome.trips for _, outcome in happened)
    gravity, _, _, _, command, heights = program.told[-1]
    np.testing.assert_array_equal(gravity, [0, 0, -1])
    np.testing.assert_allclose(command, [0.35, 0.0])
    assert heights.shape == (29, 7)
    for sent in model.sent:
        assert (
            (sent.position >= np.array(ABOUT.lower, np.float32))
            & (sent.position <= np.array(ABOUT.upper, np.float32))
        ).all()


def test_without_a_person_nothing_but_damping_is_ever_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.deploy.runtime.test_control.SCRIPT", {})
    model = Model()
    assert states(drive(model, Program())) == ["damped"]
    assert not any(command.kp.any() or command.torque.any() for command in model.sent)
    assert all((command.kd > 0).all() for command in model.sent)


def test_the_same_run_repeats_to_the_last_bit() -> None:
    kind = np.dtype([tuple(field) for field in records.fields(12)])
    runs = []
    for _ in range(2):
        happened = drive(Model(), Program())
        runs.append(
            np.array(
                [
                    records.record(manifest=ABOUT, inputs=inputs, outcome=outcome, took=0.0)
                    for inputs, outcome in happened
                ],
                kind,
            ).tobytes()
        )
    assert runs[0] == runs[1]


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

    def silent(tick: int, state: RobotState, ground: HeightMap) -> tuple[RobotState, HeightMap]:
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
    def aged(tick: int, state: RobotState, ground: HeightMap) -> tuple[RobotState, HeightMap]:
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
        operator=Operator(),
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


def lost(tick: int, state: RobotState, ground: HeightMap) -> tuple[RobotState, HeightMap]:
    return state, ground if tick < 250 else ground._replace(received=250 * ABOUT.control_period)


def test_without_a_height_map_it_stops_and_holds() -> None:
    program = Program()
    happened = drive(Model(lost), program)
    check(happened, "height map", "holding")
    assert program.told[-1][4].tolist() == [0.0, 0.0]


def test_without_a_height_map_the_blind_program_takes_over_smoothly() -> None:
    sighted = Program()
    blind = Program(lambda command: command._replace(position=command.position + np.float32(0.3)))
    model = Model(lost)
    happened = drive(model, sighted, blind=blind)
    assert states(happened)[-1] == "running"
    assert np.isnan(blind.told[0][5]).all()
    assert (
        len(sighted.told) + len(blind.told)
        == sum(outcome.state == "running" for _, outcome in happened) - 1
    )
    steps = np.abs(np.diff([command.position for command in model.sent[250:]], axis=0)).max(1)
    assert 0 < steps.max() < 0.1
    np.testing.assert_allclose(
        model.sent[-1].position, blind.change(MotorCommand(*[STANCE] * 5)).position, atol=0.02
    )


@pytest.mark.parametrize("complaint", ["battery", "tilt"])
def test_a_robot_with_a_complaint_is_not_armed_and_says_why(complaint: str) -> None:
    change = SENSED[complaint][1]
    happened = drive(Model(lambda _, state, ground: (change(state), ground)), Program())
    assert states(happened) == ["damped"]
    refused = [outcome for _, outcome in happened if outcome.refused]
    assert [trip.name for outcome in refused for trip in outcome.trips] == [complaint] * len(SCRIPT)


def test_before_the_first_message_it_damps() -> None:
    happened = drive(Model(lambda *_: (None, None)), Program(), ticks=20)
    assert states(happened) == ["damped"]
    assert happened[0][1].trips == [guards.NO_STATE]


def test_ten_thousand_random_messages_never_raise_and_never_break_a_limit() -> None:
    rng = np.random.default_rng(0)
    model = Model()
    special = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 0.0], np.float32)
    control = Control(ABOUT, Pilot(ABOUT, Program(), None))
    lower = np.array(ABOUT.lower, np.float32)
    upper = np.array(ABOUT.upper, np.float32)

    def noisy(part: Any) -> Any:
        if not isinstance(part, np.ndarray):
            return part
        return np.where(
            rng.random(part.shape) < rng.choice((0.0, 0.1, 1.0)),
            rng.choice(special, part.shape),
            part * np.float32(10 ** rng.uniform(-3, 30)),
        )

    operator = Operator()
    seen = set()
    for tick in range(10_000):
        state, ground = Model(lambda _, state, ground: (state, ground))._message()
        assert state is not None
        buttons = frozenset(rng.choice(("start", "A", "B", "X"), rng.integers(3)))
        parts: Any = (noisy(part) if rng.random() < 0.2 else part for part in state)
        hostile = RobotState(*parts)._replace(
            received=0.02 * tick, tick=tick, remote=Remote(buttons)
        )
        outcome = control.step(
            Inputs(
                now=0.02 * tick,
                late=0.0,
                state=hostile,
                ground=ground,
                wish=operator.wish(hostile.remote, ""),
                interrupted=False,
            )
        )
        seen.add(outcome.state)
        assert all(np.isfinite(part).all() for part in outcome.command)
        assert ((outcome.command.position >= lower) & (outcome.command.position <= upper)).all()
    assert model.sent == []
    assert {"damped", "armed", "rising"} <= seen


def test_a_program_that_speaks_of_something_unknown_is_refused() -> None:
    strange = replace(
        ABOUT, sensors=(*ABOUT.sensors, {"name": "smell", "shape": [1], "unit": "1", "frame": ""})
    )
    with pytest.raises(DeployError, match="speaks of smell"):
        pilot.Pilot(strange, Program(), None)


def test_standing_up_and_sitting_down_begin_where_the_robot_is_and_end_where_they_should() -> None:
    start = STANCE + np.float32(0.2)
    np.testing.assert_allclose(motions.rising(ABOUT, start, 0.0).position, start, atol=1e-6)
    np.testing.assert_allclose(motions.rising(ABOUT, start, 99.0).position, STANCE, atol=1e-6)
    np.testing.assert_allclose(motions.sitting(ABOUT, start, 0.0).position, start, atol=1e-6)
    np.testing.assert_allclose(
        motions.sitting(ABOUT, start, 99.0).position, ABOUT.folded, atol=1e-6
    )


def test_motions_have_the_gains_and_times_of_the_manifest() -> None:
    slow = replace(
        ABOUT,
        hold_kp=tuple(range(50, 62)),
        hold_kd=(3.0,) * 12,
        damping=(4.0,) * 12,
        gather_time=2.0,
        rise_time=3.0,
        sit_time=4.0,
        patience=5.0,
        tolerance=0.01,
    )
    start = STANCE + np.float32(0.2)
    folded = np.array(ABOUT.folded, np.float32)
    for command in (motions.rising(slow, start, 1.0), motions.sitting(slow, start, 1.0)):
        np.testing.assert_array_equal(command.kp, slow.hold_kp)
        np.testing.assert_array_equal(command.kd, slow.hold_kd)
    np.testing.assert_array_equal(motions.damping(slow).kd, slow.damping)
    np.testing.assert_allclose(motions.rising(slow, start, 2.0).position, folded, atol=1e-6)
    assert not motions.has_risen(slow, STANCE, 4.9)
    assert motions.has_risen(slow, STANCE, 5.1)
    assert not motions.has_risen(slow, STANCE + np.float32(0.02), 5.1)
    assert not motions.is_blocked(slow, 9.9)
    assert motions.is_blocked(slow, 10.1)
    assert not motions.has_sat_down(slow, 3.9)
    assert motions.has_sat_down(slow, 4.1)
