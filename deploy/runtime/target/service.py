"""Ways to keep the control loop running: systemd, or our own supervisor where there is none."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from deploy.runtime.target import supervised, systemd
from deploy.runtime.target.config import Provisioning
from deploy.runtime.target.errors import UnhealthyError
from deploy.runtime.target.layout import Layout
from deploy.runtime.target.loop import DAMPED, ServiceStatus

START = 90.0
"""Time for the loop to announce itself [s]: torch and twenty calls to warm up, on a slow computer.
"""
POLL = 0.1
"""Time between two looks [s]."""


class ServiceControl(NamedTuple):
    """What can be done with a service."""

    restart: Callable[[Layout], None]
    """Begins to restart it; whether it came up is seen later."""
    stop: Callable[[Layout], None]
    """Stops it and waits."""
    see: Callable[[Layout], ServiceStatus]
    """Its status now."""
    install: Callable[[Layout, Provisioning], None]
    """Installs it. Raises DeployError if this machine cannot keep such a service."""
    user: str
    """User who runs the loop; empty for whoever logs in."""


CONTROLS = {
    "systemd": ServiceControl(
        restart=systemd.restart,
        stop=systemd.stop,
        see=systemd.see,
        install=systemd.install,
        user=systemd.USER,
    ),
    "process": ServiceControl(
        restart=supervised.restart,
        stop=supervised.stop,
        see=supervised.see,
        install=supervised.install,
        user="",
    ),
}
"""Ways to keep the loop running, by name."""


def see(layout: Layout, config: Provisioning) -> ServiceStatus:
    """The service now."""
    return CONTROLS[config.service].see(layout)


def start(layout: Layout, config: Provisioning) -> ServiceStatus:
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


def watch(layout: Layout, config: Provisioning, started: ServiceStatus) -> None:
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
