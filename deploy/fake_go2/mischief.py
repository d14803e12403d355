"""How the fake robot misbehaves when it is told to: what happens to its messages on their way."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from deploy.fake_go2.senses import state_bytes


@dataclass(frozen=True)
class Mischief:
    """What is wrong with the robot. Shares are of messages, 0..1."""

    drop: float = 0.0
    """Share of states and commands that are lost."""
    delay: float = 0.0
    """By which states come late [s]."""
    freeze: bool = False
    """States go on coming, and nothing in them changes."""
    corrupt: float = 0.0
    """Share of states in which one byte is wrong."""
    nan: float = 0.0
    """Share of states with a joint that is not a number, and a right checksum."""
    map: bool = True
    """Whether height maps are sent."""


class Postman:
    """Carries states to the bus, as badly as `mischief` says."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.mischief = Mischief()
        self._rng = rng
        self._late: deque[tuple[float, bytes]] = deque()
        self._frozen: bytes | None = None

    def loses(self) -> bool:
        """Whether the message at hand is lost."""
        return bool(self._rng.random() < self.mischief.drop)

    def carry(self, record: "np.ndarray", now: float) -> list[bytes]:
        """The states that reach the bus at `now` [s]; `record` is the newest."""
        if self._rng.random() < self.mischief.nan:
            record["motor_state"]["q"][self._rng.integers(12)] = np.nan
        data = state_bytes(record)
        if self.mischief.freeze:
            data = self._frozen = self._frozen or data
        else:
            self._frozen = None
        if self._rng.random() < self.mischief.corrupt:
            at = int(self._rng.integers(len(data)))
            data = data[:at] + bytes([data[at] ^ int(self._rng.integers(1, 256))]) + data[at + 1 :]
        if not self.loses():
            self._late.append((now + self.mischief.delay, data))
        due = []
        while self._late and self._late[0][0] <= now:
            due.append(self._late.popleft()[1])
        return due
