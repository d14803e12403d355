"""The control loop: absolute deadlines on the link's clock, one tick each, the same on a robot and
in lockstep with a simulator.
"""

from __future__ import annotations

import math
from typing import Callable, Protocol

from deploy.runtime.link import Link, LinkClock
from deploy.runtime.safety import motions
from deploy.runtime.safety.control import Control, Inputs, Outcome
from deploy.runtime.safety.operator import OperatorInput


class Guardian(Protocol):
    """Who watches the loop: see `deploy.runtime.loop.watch.Watch`."""

    def is_alive(self, now: float) -> bool:
        """Whether it watches."""

    def is_interrupted(self) -> bool:
        """Whether it has taken over since `went_on` was last told that this was noticed."""

    def went_on(self, now: float, noticed: bool) -> None:
        """Take note of a command at `now` [s]; `noticed`: the loop knew that it was interrupted."""


class Unwatched:
    """No guardian: for a simulator that waits for the loop."""

    def is_alive(self, now: float) -> bool:
        """It cannot die."""
        return True

    def is_interrupted(self) -> bool:
        """Nobody takes over."""
        return False

    def went_on(self, now: float, noticed: bool) -> None:
        """Nobody listens."""


Observer = Callable[[Inputs, Outcome, float], None]
"""Told of every tick after its command was sent, and how long it took until then [s]."""


def run(
    link: Link,
    clock: LinkClock,
    control: Control,
    operator: OperatorInput,
    keys: Callable[[], str],
    guardian: Guardian,
    observers: tuple[Observer, ...],
    ends: Callable[[], bool],
) -> bool:
    """Tick until `ends`. Returns False if it had to give up because the guardian died; the caller
    damps the robot either way.

    Args:
        keys: what was typed since it was last called.

    Raises:
        LinkError: the robot cannot be commanded any more.
    """
    period = control.about.control_period
    deadline = clock.now()
    while not ends():
        clock.sleep_until(deadline)
        now = clock.now()
        if not guardian.is_alive(now):
            return False
        interrupted = guardian.is_interrupted()
        state = link.state()
        ground = link.height_map()
        inputs = Inputs(
            now=now,
            late=now - deadline,
            state=state,
            ground=ground,
            wish=operator.wish(state.remote if state else None, keys()),
            interrupted=interrupted,
        )
        outcome = control.step(inputs)
        if guardian.is_interrupted():
            # Perhaps this very tick was the one that hung: whatever it thought is old.
            outcome = outcome._replace(command=motions.damping(control.about))
        link.send(outcome.command)
        sent = clock.now()
        guardian.went_on(sent, interrupted)
        for observer in observers:
            observer(inputs, outcome, sent - now)
        # After a gap it goes on in step, without catching up.
        deadline += period * max(1, math.ceil((clock.now() - deadline) / period))
    return True
