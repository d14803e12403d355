"""One tick: armed by a person the robot stands up and walks, whatever comes keeps the limits, and
runs on a simulated clock repeat.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from deploy.runtime.errors import DeployError
from deploy.runtime.link import MotorCommand, Remote, RobotState
from deploy.runtime.loop import records
from deploy.runtime.safety import guards, pilot
from deploy.runtime.safety.control import Control, Inputs
from deploy.runtime.safety.operator import OperatorInput
from deploy.runtime.safety.pilot import Pilot
from tests.support.bundles import about
from tests.support.ticks import ABOUT, STANCE, Model, Program, drive, lost, states


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
    monkeypatch.setattr("tests.support.ticks.SCRIPT", {})
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

    operator = OperatorInput(about())
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
