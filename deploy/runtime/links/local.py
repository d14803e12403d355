"""The link to a process on this machine that plays the robot: datagrams over a UNIX socket.

Option: "socket", the path at which that process listens.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator, Mapping

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.errors import DeployError
from deploy.runtime.link import HeightMapMessage, LinkError, MotorCommand, RobotState
from deploy.runtime.links import local_messages as messages

PATIENCE = 10.0
"""Time that the robot has for its first message [s]."""


class LocalWriter:
    """Commands only; see `deploy.runtime.link.Writer`."""

    def __init__(self, manifest: Manifest, options: Mapping[str, str]) -> None:
        if set(options) != {"socket"}:
            raise DeployError(
                "the link sim has one option, the path at which the robot's process listens: "
                "--option socket=PATH"
            )
        self._path = options["socket"]
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        try:
            self._socket.connect(self._path)
        except OSError as error:
            self._socket.close()
            raise self._lost(error) from error

    def send(self, command: MotorCommand) -> None:
        """Hand `command` over. Raises LinkError if nobody listens any more."""
        self._post(messages.command_bytes(command))

    def close(self) -> None:
        """Give the connection up."""
        self._socket.close()

    def _post(self, data: bytes) -> None:
        try:
            # A robot that does not read loses commands, as on a bus.
            with contextlib.suppress(BlockingIOError):
                self._socket.send(data)
        except OSError as error:
            raise self._lost(error) from error

    def _lost(self, error: OSError) -> LinkError:
        return LinkError(
            f"no robot listens at {self._path}: {error.strerror}; start one with: python -m "
            f"deploy.simulation --socket {self._path}"
        )


class LocalLink(LocalWriter):
    """States and maps, and commands; see `deploy.runtime.link.Link`."""

    def __init__(self, manifest: Manifest, options: Mapping[str, str]) -> None:
        super().__init__(manifest, options)
        self._joints = len(manifest.joint_names)
        self._shape = _map_shape(manifest)
        self._state: RobotState | None = None
        self._map: HeightMapMessage | None = None
        # Linux: an address of its own, to which the robot answers.
        self._socket.bind("")

    def start(self) -> None:
        """Ask for states. Raises LinkError if none comes within `PATIENCE`."""
        deadline = time.monotonic() + PATIENCE
        while self.state() is None:
            self._post(messages.HELLO)
            if time.monotonic() > deadline:
                raise LinkError(f"the robot at {self._path} does not answer; restart its process")
            time.sleep(0.05)

    def state(self) -> RobotState | None:
        """The newest message; None before the first."""
        for data in self._arrived():
            self._state = messages.state_from(data, self._joints) or self._state
            self._map = messages.map_from(data, self._shape) or self._map
        return self._state

    def height_map(self) -> HeightMapMessage | None:
        """The newest map; None if there is none."""
        self.state()
        return self._map

    def _arrived(self) -> Iterator[bytes]:
        with contextlib.suppress(BlockingIOError):
            while True:
                yield self._socket.recv(messages.LARGEST)


def _map_shape(about: Manifest) -> tuple[int, int]:
    """Shape of the program's height map, (X, Y)."""
    x, y = next(quantity["shape"] for quantity in about.sensors if quantity["name"] == "height_map")
    return x, y
