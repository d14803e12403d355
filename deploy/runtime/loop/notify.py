"""What systemd wants to hear of a service of Type=notify: datagrams to $NOTIFY_SOCKET
(sd_notify(3)). Without one, nothing is said.
"""

from __future__ import annotations

import contextlib
import os
import socket

INTERVAL = 0.1
"""Time between words to the watchdog [s], which come from the loop's own ticks: a loop that hangs
is silent.
"""


class Notify:
    """The supervisor's ear."""

    def __init__(self) -> None:
        path = os.environ.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the zero byte of an abstract address.
        self._address = "\0" + path[1:] if path.startswith("@") else path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._last = float("-inf")

    def say(self, *words: str) -> None:
        """Such as READY=1. A supervisor that does not listen must not stop a robot."""
        if self._address:
            with contextlib.suppress(OSError):
                self._socket.sendto("\n".join(words).encode(), self._address)

    def alive(self, now: float, state: str) -> None:
        """The loop has come round at `now` [s], in the machine's `state`."""
        if now - self._last >= INTERVAL:
            self._last = now
            self.say("WATCHDOG=1", f"STATUS={state}")

    def close(self) -> None:
        """No more words."""
        self._socket.close()
