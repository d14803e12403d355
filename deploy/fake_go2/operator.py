"""The operator of a fake Go2: starts it on a DDS bus of its own, holds its remote control, and
watches it.

What the operator does goes to the fake robot's standard input, and from there to whoever drives the
robot as the bytes of its remote control; what the operator sees is the robot's journal.
"""

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import numpy as np

from deploy.fake_go2.journal import Event, Reader
from deploy.runtime.errors import DeployError
from deploy.simulation import steering
from deploy.simulation.orders import text
from envs.robots.go2 import GO2
from envs.task.staircase import Staircase

PATIENCE = 300.0
"""Time for whatever must happen on a busy machine [s]: a process to start, a robot to reach its
next state.
"""
PRESS = 0.3
"""Time for which a button is held [s]."""
LOOK = 0.1
"""Time between two looks at the robot [s], which notes where it is as often."""
T = TypeVar("T")


class FakeOperator:
    """Presses buttons, pushes sticks, and watches the robot."""

    def __init__(self, process: "subprocess.Popen[str]", path: Path, domain: int) -> None:
        self._process = process
        self._journal = Reader(path)
        self.options = {"domain": str(domain), "interface": "lo"}
        """Options of a link to the robot."""

    def order(self, **order: object) -> None:
        """Do as `deploy.fake_go2.orders` says."""
        assert self._process.stdin
        self._process.stdin.write(text(order))
        self._process.stdin.flush()

    def press(self, button: str) -> None:
        """Press a button and let go."""
        self.order(buttons=[button])
        time.sleep(PRESS)
        self.order(buttons=[])

    def walk(self, stairs: Staircase, speed: float, there: Callable[[], T]) -> T:
        """Push the sticks so that the robot walks with `speed` [m/s] on the middle line of the
        flight, until the first true answer of `there`; then let go of them.

        Raises:
            DeployError: there is none.
        """

        def steer() -> T:
            where = self.events("where")[-1]
            forward, turn = steering.sticks(
                stairs=stairs,
                speed=speed,
                position=np.array(where["position"]),
                quaternion=np.array(where["quaternion"]),
                full=(GO2.handling.max_speed, GO2.handling.max_yaw_rate),
            )
            self.order(forward=forward, turn=turn)
            return there()

        try:
            return self.until(steer, "the end of its way", LOOK)
        finally:
            self.order(forward=0.0, turn=0.0)

    def events(self, name: str, after: float = 0.0) -> list[Event]:
        """What the robot noted under `name` later than `after` [s of the monotonic clock]."""
        return [
            event
            for event in self._journal.events()
            if event["event"] == name and event["t"] > after
        ]

    def wait(self, name: str, after: float = 0.0) -> Event:
        """The first event `name` later than `after`; raises as `until`."""
        return self.until(lambda: self.events(name, after), f"the event {name!r}")[0]

    def until(self, what: Callable[[], T], name: str, pause: float = 0.01) -> T:
        """The first true answer of `what`, asked every `pause` [s].

        Raises:
            DeployError: there is none, or the robot has ended.
        """
        end = time.monotonic() + PATIENCE
        while not (found := what()):
            if self._process.poll() is not None:
                raise DeployError("the fake robot has ended")
            if time.monotonic() > end:
                raise DeployError(
                    f"waited {PATIENCE:.0f} s in vain for {name}; is this machine busy with "
                    "something else?"
                )
            time.sleep(pause)
        return found


@contextmanager
def fake_robot(folder: Path, **options: object) -> Iterator[FakeOperator]:
    """A fake Go2 that is ready, by its operator; `options` as on its command line. Its
    journal is `folder`/journal.jsonl.

    Raises:
        DeployError: it does not start.
    """
    domain = free_domain()
    path = folder / "journal.jsonl"
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    command = [
        sys.executable,
        "-m",
        "deploy.fake_go2",
        "--domain",
        str(domain),
        "--journal",
        str(path),
        *words,
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    ) as process:
        try:
            operator = FakeOperator(process, path, domain)
            operator.until(path.exists, "its journal")
            operator.wait("ready")
            yield operator
        finally:
            process.terminate()


def free_domain() -> int:
    """A DDS domain that nobody on this machine uses: Cyclone's first participant binds UDP port
    7410 + 250 times the domain.
    """
    while True:
        domain = random.SystemRandom().randint(1, 200)
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("", 7410 + 250 * domain))
            return domain
