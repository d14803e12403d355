"""python -m deploy.fake_go2: a process that plays a Go2 on a DDS bus, in real time.

It stands before a flight of stairs with its motion service active, publishes states at 500 Hz,
poses at 50 Hz and height maps at 11 Hz, and follows the last command that its firmware accepts for
ever. It writes what happens as JSON lines, and takes orders as JSON lines on standard input: see
`deploy.fake_go2.orders`.

Exit status: 0 told to quit, 1 the bus cannot be joined, 2 wrong arguments, 5 an optional package is
missing.
"""

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import tyro

from deploy.fake_go2.journal import Journal
from deploy.fake_go2.orders import RULES
from deploy.runtime import realtime
from deploy.runtime.errors import DeployError
from deploy.runtime.link import LinkError
from deploy.simulation.engines import Engine, open_body
from deploy.simulation.orders import Orders, parse
from deploy.simulation.scene import Scene
from envs.robots.go2 import GO2
from envs.task.randomization import Randomize
from envs.task.scenario import trial
from envs.task.staircase import Direction, Staircase

BEHIND = 0.1
"""Delay after which the robot gives up catching up [s]."""


@dataclass(frozen=True)
class FakeConfig:
    """Play a Go2 on a DDS bus."""

    domain: int
    """DDS domain; a real robot's is 0."""
    interface: str = "lo"
    """Network interface; "lo" stays on this machine."""
    force: bool = False
    """Join domain 0 with a Cyclone DDS that crashes a real robot's programs."""
    engine: Engine = "pybullet"
    """Physics engine."""
    riser: float = 0.10
    """Height of a step [m]; 0: flat ground."""
    tread: float = 0.28
    """Depth of a step [m]."""
    steps: int = 10
    """Number of steps of the flight."""
    direction: Direction = "up"
    """Direction of the flight as the robot meets it."""
    randomize: Randomize = "nominal"
    """What is random about the robot."""
    seed: int = 0
    """Random seed."""
    journal: Path | None = None
    """Write what happens to this file instead of standard output."""


def main() -> int:
    """Command line; the exit status is in the module's docstring."""
    config = tyro.cli(FakeConfig, description=__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with _journal(config.journal) as file:
            play(config, Journal(file))
    except (DeployError, LinkError, ValueError, OSError) as error:
        print(f"fake_go2: {error}", file=sys.stderr)
        return getattr(error, "status", 1)
    except KeyboardInterrupt:
        pass
    return 0


def play(config: FakeConfig, journal: Journal) -> None:
    """Play the robot until told to quit.

    Raises:
        LinkError: the bus cannot be joined.
        ValueError: no such staircase.
        MissingExtraError: an optional package is not installed.
    """
    from deploy.fake_go2.robot import Robot
    from deploy.runtime.links import dds

    # A real robot's boards are not slowed down by what else this machine does.
    refused = realtime.claim()
    rng = np.random.default_rng(config.seed)
    stairs = Staircase(config.riser, config.tread, config.steps, direction=config.direction)
    scenario = trial(rng, GO2, stairs, randomize=config.randomize)
    bus = dds.Bus(config.domain, config.interface, config.force)
    body = open_body(config.engine, GO2, scenario)
    robot = Robot(
        spec=GO2,
        body=body,
        scene=Scene(GO2, scenario),
        bus=bus,
        journal=journal,
        goal_x=scenario.goal_x(GO2.body_length),
    )
    orders = Orders()
    clock = realtime.RealClock()
    lost = 0.0
    due = time.monotonic()
    journal.note(
        "ready",
        without=refused,
        engine=config.engine,
        riser=config.riser,
        direction=config.direction,
    )
    try:
        while True:
            for line in orders.come():
                try:
                    order = parse(line, RULES)
                except ValueError as error:
                    journal.note("wrong order", why=str(error))
                    continue
                robot.order(order)
                if "quit" in order:
                    return
            robot.step()
            due += robot.PERIOD
            behind = time.monotonic() - due
            if behind > BEHIND:
                lost = lost + behind
                due = due + behind
                journal.note("behind", lost=lost)
            clock.sleep_until(due)
    finally:
        journal.note("end", counts=dict(robot.counts), lost=lost)
        body.close()


@contextlib.contextmanager
def _journal(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    with path.open("w") as file:
        yield file


if __name__ == "__main__":
    sys.exit(main())
