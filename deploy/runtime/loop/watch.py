"""The loop's side of its deadman: start it, show it progress, see what it did, and send it home."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deploy.runtime.bundle import manifest
from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.errors import DeployError
from deploy.runtime.loop import deadman, progress

PATIENCE = 30.0
"""Time that the process has to get ready [s]."""
SILENCE = 0.2
"""Time without a look after which a deadman counts as dead [s]."""
ROOT = Path(__file__).resolve().parents[3]


class Watch:
    """A running deadman for the link `name` with `options`.

    Raises:
        DeployError: another runtime drives this robot, or the deadman does not start.
    """

    def __init__(self, name: str, about: Manifest, options: dict[str, str]) -> None:
        relieve(deadman.address(name, options))
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(progress.SIZE)
            self._progress = progress.shared(Path(file.name))
            words = ["--link", name, "--options", json.dumps(options), "--progress", file.name]
            path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
            # No part of systemd's conversation with the loop.
            environment = {
                key: value for key, value in os.environ.items() if key != "NOTIFY_SOCKET"
            }
            command = [sys.executable, "-m", "deploy.runtime.loop.deadman", *words]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, env={**environment, "PYTHONPATH": path}
            )
            try:
                self._wait(manifest.to_bytes(about))
            except BaseException:
                self.finish()
                raise

    def _wait(self, about: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(about + b"\n")
            self._process.stdin.flush()
        deadline = time.monotonic() + PATIENCE
        while not self._progress.deadman_seen:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise DeployError(
                    "the deadman does not start, and without one the robot must not move; see its "
                    "message, and that the computer is not overloaded"
                )
            time.sleep(0.01)

    def is_alive(self, now: float) -> bool:
        """Whether the deadman watches; `now` is of the monotonic clock [s]."""
        return self._process.poll() is None and now - self._progress.deadman_seen < SILENCE

    def is_interrupted(self) -> bool:
        """Whether the deadman has taken over since `went_on` was told that this was noticed."""
        return self._progress.is_interrupted()

    def went_on(self, now: float, noticed: bool) -> None:
        """Show that a command was sent at `now` [s]. `noticed`: damping, after an interruption."""
        if noticed:
            self._progress.noticed = self._progress.interruptions
        self._progress.loop_seen = now

    def finish(self) -> None:
        """The robot is damped and the loop ends in order: nothing is left to watch."""
        self._progress.finished = 1
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def relieve(address: str) -> None:
    """Ask the deadman at `address` to leave, whose loop is dead; the next one takes over from it.

    Raises:
        DeployError: its loop is alive.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asker:
        asker.bind("")
        asker.settimeout(1.0)
        try:
            asker.sendto(deadman.LEAVE, address)
            asker.recv(16)
        except ConnectionRefusedError:
            return
        except socket.timeout as error:
            raise DeployError("another runtime drives this robot; stop it first") from error
        # Its last act is to free the address.
        for _ in range(100):
            try:
                asker.sendto(deadman.LEAVE, address)
            except OSError:
                return
            time.sleep(0.01)
