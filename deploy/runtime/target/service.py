"""How the control loop is kept running: by systemd, or by our own supervisor where there is
none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from deploy.runtime.target import supervised, systemd
from deploy.runtime.target.config import Config
from deploy.runtime.target.errors import UnhealthyError
from deploy.runtime.target.layout import Layout
from deploy.runtime.target.loop import DAMPED, Seen

START = 90.0
"""[s] for the loop to announce itself: torch and twenty calls to warm up, on a slow computer."""
POLL = 0.1


class Control(NamedTuple):
    """What can be done with a service."""

    restart: Callable[[Layout], None]
    """Begin to; whether it came up is seen later."""
    stop: Callable[[Layout], None]
    see: Callable[[Layout], Seen]
    install: Callable[[Layout, Config], None]
    """Raises DeployError if this machine cannot keep such a service."""
    user: str
    """Who runs the loop; empty for whoever logs in."""


CONTROLS = {
    "systemd": Control(
        restart=systemd.restart,
        stop=systemd.stop,
        see=systemd.see,
        install=systemd.install,
        user=systemd.USER,
    ),
    "process": Control(
        restart=supervised.restart,
        stop=supervised.stop,
        see=supervised.see,
        install=supervised.install,
        user="",
    ),
}


def see(layout: Layout, config: Config) -> Seen:
    """The service now."""
    return CONTROLS[config.service].see(layout)


def start(layout: Layout, config: Config) -> Seen:
    """Restart it with what `current` names and wait until it announces itself.

    Raises:
        UnhealthyError: it does not, or it comes up in another state than damped.
    """
    CONTROLS[config.service].restart(layout)
    until = time.monotonic() + START
    first = 0
    while time.monotonic() < until:
        seen = see(layout, config)
        first = first or seen.process
        if not seen.active or seen.process != first:
            raise UnhealthyError("the service ended before it was ready")
        if seen.ready and seen.status:
            if not seen.status.startswith(DAMPED):
                raise UnhealthyError(f"the robot came up {seen.status!r}, not {DAMPED!r}")
            return seen
        time.sleep(POLL)
    raise UnhealthyError(f"the service was not ready after {START:.0f} s")


def watch(layout: Layout, config: Config, started: Seen) -> None:
    """See that the service that `start` saw stays up for the health window.

    Raises:
        UnhealthyError: it ended or was started again.
    """
    until = time.monotonic() + config.health_seconds
    while time.monotonic() < until:
        seen = see(layout, config)
        if not (seen.active and seen.ready and seen.process == started.process):
            raise UnhealthyError(f"the service ended within {config.health_seconds:g} s")
        time.sleep(POLL)
