"""A robot's process and control loops beside it, for tests that kill and disturb them."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.bundle import golden, signing
from deploy.bundle.artefacts import program_bytes
from deploy.bundle.assemble import sealed
from deploy.runtime.bundle import manifest, trace
from envs.robots.go2 import GO2
from tests.support.bundles import about, random_actor

PATIENCE = 150.0
"""[s] for whatever must happen on a busy machine."""


def walking_bundle(folder: Path, key: Path, **files: bytes) -> Path:
    """A signed bundle that can be run, of an untrained policy."""
    actor = random_actor()
    content = {
        "policy.ts": program_bytes(GO2, actor),
        "golden.npz": trace.to_bytes(golden.record(GO2, actor, 20)),
        **files,
    }
    path = folder / "walking.bundle"
    path.write_bytes(sealed(about(), content, signing.load_private(key)))
    return path


class Process:
    """A process whose lines are collected as they come."""

    def __init__(self, *words: object, **options: Any) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.process = subprocess.Popen(
            [sys.executable, *map(str, words)], text=True, **(pipes | options)
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def say(self, value: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()

    def hear(self, start: str, since: int = 0) -> str:
        """The first line from the number `since` on that begins with `start`."""
        return wait_for(
            lambda: next((line for line in self.lines[since:] if line.startswith(start)), None),
            f"{start!r} from {self.lines[-5:]}",
        )

    def end(self) -> int:
        """Close its standard input, wait, and return its exit status."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self.process.stdout.close()
        return status


class Robot(Process):
    """`tests/support/robot_process.py`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "robot"
        (folder / "manifest.json").write_bytes(manifest.to_bytes(about()))
        super().__init__("-m", "tests.support.robot_process", self.path, folder / "manifest.json")
        wait_for(self.path.exists, "the robot's socket")

    def heard(self, since: int = 0) -> list[tuple[float, bool]]:
        """When it heard commands [s], and whether they were damping, from its line `since` on."""
        return [(at, damping) for at, damping in map(json.loads, self.lines[since:])]

    def press(self, button: str) -> None:
        """For as long as a person does."""
        self.say({"buttons": [button]})
        time.sleep(0.1)
        self.say({"buttons": []})


def words(robot: Robot, bundle: Path, key: Path, *more: object) -> list[str]:
    """Of the runtime's `run` for `robot`."""
    link = [
        "--link",
        "sim",
        "--option",
        f"socket={robot.path}",
        "--log",
        robot.path.with_name("log"),
    ]
    return [
        str(word)
        for word in ("run", bundle, "--public-key", key.with_name(key.name + ".pub"), *link, *more)
    ]


def wait_for(look: Callable[[], Any], what: str) -> Any:
    """What `look` returns, as soon as it is true."""
    end = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.005)
    return found
