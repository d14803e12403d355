"""A second, small process that damps the robot when the control loop hangs, dies or is killed.

It has a write-only connection of its own and no torch. The loop writes the time of each tick into
shared memory; when that stands still, or when the pipe to the loop breaks because the loop has
died, the deadman streams damping. It lets a loop that was late go on once that has noticed, and
answers nobody else: after the loop's death it streams until SIGTERM, or until the next runtime for
the same robot asks it to leave.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from deploy.runtime import realtime
from deploy.runtime.bundle import manifest
from deploy.runtime.errors import DeployError
from deploy.runtime.link import LinkError, Writer
from deploy.runtime.links import open_writer
from deploy.runtime.loop.progress import Heartbeat, shared
from deploy.runtime.safety import motions

LIMIT = 2
"""Control periods without a tick after which it takes over. At 50 Hz, with `PERIOD`, damping comes
within 60 ms of the last good command.
"""
PERIOD = 0.005
"""Time between looks, and between damping commands [s]."""
LEAVE = b"leave"
"""Question of another runtime."""
GONE = b"gone"
"""Answer of a deadman whose loop is dead."""
PRIORITY = realtime.PRIORITY + 10
"""Real-time priority, above the loop's."""


def address(link: str, options: dict[str, str]) -> str:
    """Name of the socket that only one deadman of a robot can have; the kernel frees it with the
    process (unix(7), abstract sockets).
    """
    return (
        "\0treadwell-"
        + hashlib.sha256(json.dumps([link, options], sort_keys=True).encode()).hexdigest()
    )


class Deadman:
    """The process's state.

    Args:
        door: where another runtime asks this one to leave.
    """

    def __init__(
        self, about: manifest.Manifest, writer: Writer, progress: Heartbeat, door: socket.socket
    ) -> None:
        self._damping = motions.damping(about)
        self._writer = writer
        self._progress = progress
        self._door = door
        self._limit = LIMIT * about.control_period
        self._loop_is_dead = False
        self._told_to_leave = False

    def run(self) -> None:
        """Watch until the loop says goodbye, or is dead and somebody else takes over."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._leave)
        while not self._progress.finished and not (self._loop_is_dead and self._told_to_leave):
            self._listen()
            now = time.monotonic()
            self._progress.deadman_seen = now
            if self._loop_is_dead or self._progress.is_late(now, self._limit):
                # First the mark, then the command: a loop that wakes up in between must not
                # overwrite it.
                self._progress.interruptions += 0 if self._progress.is_interrupted() else 1
                with contextlib.suppress(LinkError):
                    self._writer.send(self._damping)

    def _listen(self) -> None:
        """Wait for `PERIOD` or for news."""
        sources: list[Any] = [self._door] if self._loop_is_dead else [self._door, sys.stdin]
        ready, _, _ = select.select(sources, [], [], PERIOD)
        if sys.stdin in ready:
            self._loop_is_dead = True
            # A loop that never commanded has left the robot to whoever did: there is nothing to
            # damp.
            self._told_to_leave |= not self._progress.loop_seen
        if self._door in ready:
            word, sender = self._door.recvfrom(16)
            if word == LEAVE and self._loop_is_dead:
                self._told_to_leave = True
                with contextlib.suppress(OSError):
                    self._door.sendto(GONE, sender)

    def _leave(self, *_: object) -> None:
        self._told_to_leave = True


def main() -> int:
    """Command line of `watch`. The manifest is the first line of standard input; its end means that
    the loop is dead.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--link", required=True)
    parser.add_argument("--options", type=json.loads, required=True)
    parser.add_argument("--progress", type=Path, required=True)
    options = parser.parse_args()
    about = manifest.from_bytes(sys.stdin.buffer.readline().rstrip(b"\n"))
    door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        door.bind(address(options.link, options.options))
        writer = open_writer(options.link, about, options.options)
    except (OSError, DeployError, LinkError) as error:
        print(f"deploy: the deadman cannot watch: {error}", file=sys.stderr)
        return 1
    realtime.claim(PRIORITY)
    Deadman(about=about, writer=writer, progress=shared(options.progress), door=door).run()
    writer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
