"""The fake Go2 on a DDS bus of its own, and a person with its remote control."""

import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from deploy.runtime.errors import DeployError
from deploy.runtime.target import supervised
from deploy.runtime.target.layout import Layout

PATIENCE = 300.0
"""[s] for a process to start, or for the robot to reach its next state."""
PRESS = 0.3
"""[s] that a button is held."""


class Person:
    """Presses buttons, and watches the robot and what its control loop says."""

    def __init__(self, process: "subprocess.Popen[str]", journal: Path, domain: int) -> None:
        self._process, self._journal, self.domain = process, journal, domain

    def press(self, button: str) -> None:
        """Press a button and let go."""
        self._order(buttons=[button])
        time.sleep(PRESS)
        self._order(buttons=[])

    def push_stick(self, forward: float) -> None:
        """Hold the stick there, -1..1."""
        self._order(forward=forward)

    def events(self, name: str) -> list[dict[str, Any]]:
        """What the robot noted under `name`."""
        lines = self._journal.read_text().splitlines(keepends=True)
        return [event for event in (json.loads(line) for line in lines if line.endswith("\n")) if event["event"] == name]

    def await_event(self, *names: str) -> str:
        """The first of these events that the robot noted."""
        return self._until(lambda: next((name for name in names if self.events(name)), ""), " or ".join(names))

    def await_state(self, layout: Layout, name: str) -> None:
        """Until the control loop says that it is in the state `name`."""
        self._until(lambda: supervised.see(layout).status == name and name, f"state {name}")

    def _until(self, what: Callable[[], str | bool], name: str) -> str:
        end = time.monotonic() + PATIENCE
        while not (found := what()):
            if self._process.poll() is not None:
                raise DeployError("the fake robot has ended")
            if time.monotonic() > end:
                raise DeployError(f"the robot did not come to {name} within {PATIENCE:.0f} s; is this machine busy with something else?")
            time.sleep(0.05)
        return str(found)

    def _order(self, **order: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()


@contextmanager
def fake_robot(folder: Path, riser: float) -> Iterator[Person]:
    """A fake Go2 before a flight of stairs, ready, and the person beside it.

    Raises:
        DeployError: it does not start.
    """
    domain, journal = _free_domain(), folder / "journal.jsonl"
    command = [sys.executable, "-m", "deploy.fake_go2", "--domain", str(domain), "--riser", str(riser), "--journal", str(journal)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
        try:
            person = Person(process, journal, domain)
            person._until(journal.exists, "its journal")
            person.await_event("ready")
            yield person
        finally:
            process.terminate()


def _free_domain() -> int:
    """A DDS domain that nobody on this machine uses: Cyclone's first participant binds UDP port 7410 + 250 times the domain."""
    while True:
        domain = random.SystemRandom().randint(1, 200)
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("", 7410 + 250 * domain))
            return domain
