"""The state machine: what leads where, and that a person arms."""

import pytest

from deploy.runtime.link import Remote
from deploy.runtime.safety import machine
from deploy.runtime.safety.machine import STATES, after
from deploy.runtime.safety.operator import OperatorInput
from tests.support.bundles import about


def test_a_whole_walk() -> None:
    state = "damped"
    seen = []
    for event in ("arm", "go", "done", "go", "hold", "go", "sit", "done"):
        state = after(state, {event})
        seen.append(state)
    assert seen == [
        "armed",
        "rising",
        "ready",
        "running",
        "holding",
        "running",
        "sitting",
        "damped",
    ]


@pytest.mark.parametrize("state", STATES)
def test_the_emergency_stop_comes_from_everywhere_and_latches(state: str) -> None:
    assert after(state, set(machine.EVENTS)) == "stopped"
    for event in machine.EVENTS:
        assert after("stopped", {event}) == "stopped"


def test_damping_comes_from_everywhere_else() -> None:
    assert {after(state, {"damp"}) for state in STATES if state != "stopped"} == {"damped"}


def test_only_arming_leads_out_of_damped() -> None:
    assert [
        event for event in machine.EVENTS if after("damped", {event}) not in ("damped", "stopped")
    ] == ["arm"]


def test_of_several_events_the_gravest_counts() -> None:
    assert after("running", {"hold", "sit"}) == "sitting"
    assert after("running", {"hold", "damp", "go"}) == "damped"
    assert after("ready", {"hold", "go"}) == "running"


def held(*buttons: str, **sticks: float) -> Remote:
    return Remote(frozenset(buttons), **sticks)


def test_a_button_that_was_down_at_first_is_no_press() -> None:
    operator = OperatorInput(about())
    assert operator.wish(None, "").events == frozenset()
    for _ in range(3):
        assert operator.wish(held("start", "A"), "").events == frozenset()
    assert operator.wish(held("A"), "").events == frozenset()
    assert operator.wish(held("start", "A"), "").events == {"arm"}
    assert operator.wish(held("start", "A"), "").events == frozenset()


def test_the_emergency_stop_counts_even_if_it_was_down_at_first() -> None:
    assert OperatorInput(about()).wish(held("L2", "B"), "").events == {"stop"}


@pytest.mark.parametrize(
    ("button", "key", "event"),
    [("start", "r", "arm"), ("A", "a", "go"), ("B", "b", "hold"), ("X", "x", "sit")],
)
def test_buttons_and_keys_mean_the_same(button: str, key: str, event: str) -> None:
    operator = OperatorInput(about())
    operator.wish(held(), "")
    assert operator.wish(held(button), "").events == {event}
    assert OperatorInput(about()).wish(None, f"?{key}").events == {event}
    assert OperatorInput(about()).wish(None, " ").events == {"stop"}


def test_sticks_are_speeds_and_never_more_than_all_the_way() -> None:
    assert OperatorInput(about()).wish(held(forward=0.5, turn=-0.05), "").command == (
        0.5 * about().max_speed,
        0.0,
    )
    assert OperatorInput(about()).wish(held(forward=9.0), "").command == (about().max_speed, 0.0)
    assert OperatorInput(about()).wish(held(forward=-1.0), "").command == (0.0, 0.0)
    assert OperatorInput(about()).wish(
        held(forward=float("nan"), turn=float("nan")), ""
    ).command == (
        0.0,
        0.0,
    )
    assert OperatorInput(about(), 0.4).wish(held(forward=1.0), "").command == (0.4, 0.0)
