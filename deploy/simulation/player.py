"""A simulated robot at the other end of the local link: takes commands, keeps the last one, and
says what its sensors feel.
"""

import contextlib
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from deploy.runtime.errors import DeployError
from deploy.runtime.link import MotorCommand, Remote
from deploy.runtime.links import local_messages as messages
from deploy.simulation.body import Body
from deploy.simulation.senses import Senses

STATE_PERIOD = 0.004
"""Least time between two states [s]. A socket keeps only a few that nobody has read yet."""
MAP_PERIOD = 0.020
"""Least time between two height maps [s]."""


class Player:
    """One robot that listens at the socket `path`. Call `step` every physics step of the body."""

    def __init__(self, body: Body, senses: Senses, path: Path) -> None:
        self._body = body
        self._senses = senses
        self._path = path
        self._joints = len(body.truth().joint_position)
        self._command = MotorCommand(
            *(np.zeros(self._joints, np.float32) for _ in MotorCommand._fields)
        )
        self._listener: str | bytes | None = None
        self._remote = Remote()
        self._steps = 0
        self._every, self._map_every = (
            max(1, round(period / body.period)) for period in (STATE_PERIOD, MAP_PERIOD)
        )
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        try:
            self._socket.bind(str(path))
        except OSError as error:
            self._socket.close()
            raise DeployError(
                f"cannot listen at {path}: {error.strerror}; end the process that does, or remove "
                "the file"
            ) from error

    def step(self) -> None:
        """Take what has come, advance by one physics step, and speak to who asked."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._take(*self._socket.recvfrom(messages.LARGEST))
        self._body.advance(self._command)
        self._steps += 1
        if self._steps % self._every == 0 and self._listener:
            self._speak(self._listener)

    def order(self, order: Mapping[str, Any]) -> None:
        """Hold down other buttons and sticks, or be shoved; see `deploy.simulation.orders`."""
        if "push" in order:
            self._body.push(np.array(order["push"], float))
        else:
            self._remote = Remote(
                frozenset(order.get("buttons", ())),
                order.get("forward", 0.0),
                order.get("turn", 0.0),
            )

    def close(self) -> None:
        """Give the socket up and free the engine."""
        self._socket.close()
        self._path.unlink(missing_ok=True)
        self._body.close()

    def _take(self, data: bytes, sender: str | bytes | None) -> None:
        if data == messages.HELLO:
            self._listener = sender
        self._command = messages.command_from(data, self._joints) or self._command

    def _speak(self, listener: str | bytes) -> None:
        state, ground = self._senses.read(self._body.truth(), time.monotonic(), self._remote)
        said = [messages.state_bytes(state)] + [messages.map_bytes(ground)] * (
            self._steps % self._map_every == 0
        )
        try:
            for data in said:
                self._socket.sendto(data, listener)
        except BlockingIOError:
            # Who does not read misses messages, as on a bus.
            return
        except OSError:
            self._listener = None
