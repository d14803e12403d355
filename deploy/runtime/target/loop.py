"""How the control loop is called and seen as a service: its command line, its surroundings, its
watchdog.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from deploy.runtime.target.config import Config
from deploy.runtime.target.layout import Layout

WATCHDOG = 2.0
"""[s] without progress of the loop until it is ended and started again. The robot is damped long
before, by the loop's own deadman.
"""


TEST_STEPS = 100
"""Control steps over which the self-test measures latency."""
DAMPED = "damped"
"""How the control loop's status begins while it moves nothing and nobody has armed it."""


class Seen(NamedTuple):
    """A service at one moment."""

    active: bool
    ready: bool
    """Has announced itself and has not ended since."""
    process: int
    """Of the loop; 0 without one. Another number later means that it was started again."""
    status: str
    """What the loop says of itself."""


def command(layout: Layout, config: Config) -> list[str]:
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


def test_command(layout: Layout, config: Config, bundle: str) -> list[str]:
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
    """In which both run."""
    paths = {"PYTHONPATH": str(layout.runtime), "LOGS_DIRECTORY": str(layout.log)}
    return {**os.environ, **paths, "PYTHONDONTWRITEBYTECODE": "1"}
