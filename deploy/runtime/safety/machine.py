"""What the robot is doing, and what may make it do something else: one table.

    damped --arm--> armed --go--> rising --done--> ready --go--> running <--hold, go--> holding
       ^                                             |              |                     |
       +------------------done-- sitting <---sit-----+--------------+---------------------+

Only a person arms. "damp" leads to damped from anywhere, "stop" to stopped, which nothing leaves
but the end of the program.
"""

from __future__ import annotations

from collections.abc import Set

STATES = ("damped", "armed", "rising", "ready", "running", "holding", "sitting", "stopped")
"""All states."""
UPRIGHT = ("rising", "ready", "running", "holding")
"""States in which the robot stands on its legs, or is about to."""
EVENTS = ("stop", "damp", "sit", "hold", "done", "go", "arm")
"""Events, the gravest first: of several at once it is the one that counts."""

TABLE = {
    ("damped", "arm"): "armed",
    ("armed", "sit"): "damped",
    ("armed", "go"): "rising",
    ("rising", "done"): "ready",
    ("ready", "go"): "running",
    ("running", "hold"): "holding",
    ("holding", "go"): "running",
    ("sitting", "done"): "damped",
    **{(state, "sit"): "sitting" for state in UPRIGHT},
    **{(state, "damp"): "damped" for state in STATES if state != "stopped"},
    **{(state, "stop"): "stopped" for state in STATES},
}
"""State after an event in a state; a pair that is not in it changes nothing."""


def after(state: str, events: Set[str]) -> str:
    """The state after the gravest of `events` that means anything in `state`."""
    return next(
        (TABLE[state, event] for event in EVENTS if event in events and (state, event) in TABLE),
        state,
    )
