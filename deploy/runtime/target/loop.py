"""The control loop as a service: its command line, its environment, its watchdog."""

from __future__ import annotations

import os
from typing import NamedTuple

from deploy.runtime.target.config import Provisioning
from deploy.runtime.target.layout import Layout

WATCHDOG = 2.0
"""Time without progress of the loop until it is ended and started again [s]. The robot is damped
long before, by the loop's own deadman.
"""


TEST_STEPS = 100
"""Control steps over which the self-test measures latency."""
DAMPED = "damped"
"""First word of the loop's status while it moves nothing and nobody has armed it."""


class ServiceStatus(NamedTuple):
    """A service at one moment."""

    active: bool
    """Whether it runs, or is about to."""
    ready: bool
    """Whether it has announced itself and has not ended since."""
    process: int
    """The loop's process; 0 without one. Another number later means that it was started again."""
    status: str
    """What the loop says of itself."""


def command(layout: Layout, config: Provisioning) -> list[str]:
    """The control loop's command line."""
    return [
        config.python,
        "-m",
        "deploy.runtime",
        "run",
        str(layout.current),
        "--public-key",
        str(layout.key),
        *config.arguments,
    ]


def test_command(layout: Layout, config: Provisioning, bundle: str) -> list[str]:
    """The self-test's."""
    return [
        config.python,
        "-m",
        "deploy.runtime",
        "selftest",
        bundle,
        "--public-key",
        str(layout.key),
        "--steps",
        str(TEST_STEPS),
        "--json",
    ]


def environment(layout: Layout) -> dict[str, str]:
    """Environment in which both run."""
    paths = {"PYTHONPATH": str(layout.runtime), "LOGS_DIRECTORY": str(layout.log)}
    return {**os.environ, **paths, "PYTHONDONTWRITEBYTECODE": "1"}
