"""Fake Go2s in processes of their own, on DDS domains of their own."""

import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PATIENCE = 60.0
"""[s]: on a machine that does something else, a process takes long to start."""
Options = dict[str, str]


def free_domain() -> int:
    """A DDS domain that nobody on this machine uses: Cyclone's first participant binds UDP port 7410 + 250 times the domain."""
    while True:
        domain = random.SystemRandom().randint(1, 200)
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("", 7410 + 250 * domain))
            return domain


def until(what: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """The first true answer of `what`; fails when there is none within `seconds`."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)
    return found


class Fake:
    """A fake robot at work."""

    def __init__(self, process: "subprocess.Popen[str]", journal: Path, domain: int) -> None:
        self.process, self._journal = process, journal
        self.options: Options = {"domain": str(domain), "interface": "lo"}
        """Of a link to it."""

    def order(self, **order: Any) -> None:
        """Tell it something, see `deploy.fake_go2.orders`."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def behave(self) -> None:
        """No mischief any more."""
        self.order(drop=0.0, delay=0.0, freeze=False, corrupt=0.0, nan=0.0, map=True, buttons=[], forward=0.0, turn=0.0)

    def events(self, name: str, after: float = 0.0) -> list[dict[str, Any]]:
        """What it noted under `name` later than `after` [s of the monotonic clock]."""
        lines = [json.loads(line) for line in self._journal.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [line for line in lines if line["event"] == name and line["t"] > after]

    def wait(self, name: str, after: float = 0.0, seconds: float = PATIENCE) -> dict[str, Any]:
        """The first event `name` later than `after`."""
        return until(lambda: self.process.poll() is not None or self.events(name, after), seconds) and self.events(name, after)[0]

    def counts(self) -> dict[str, int]:
        """Of commands, newest."""
        return self.wait("where", time.monotonic())["counts"]


@contextlib.contextmanager
def fake_robot(folder: Path, **options: Any) -> Iterator[Fake]:
    """A fake Go2 that is ready; `options` as on its command line."""
    domain, journal = free_domain(), folder / "journal.jsonl"
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "deploy.fake_go2", "--domain", str(domain), "--journal", str(journal), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}) as process:
        try:
            fake = Fake(process, journal, domain)
            until(journal.exists)
            fake.wait("ready")
            yield fake
        finally:
            process.terminate()
    assert process.returncode == 0
