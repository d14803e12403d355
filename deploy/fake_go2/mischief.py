"""How the fake robot misbehaves when it is told to: what happens to its messages on their way."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.fake_go2 import senses
from deploy.runtime.links import go2_layout

Record = NDArray[np.void]
JOINTS = 12
"""Motors that the robot has, of those in its messages."""


@dataclass(frozen=True)
class Mischief:
    """What is wrong with the robot. Shares are of messages, 0..1."""

    drop: float = 0.0
    """Share of states and commands that are lost."""
    delay: float = 0.0
    """Delay of states [s]."""
    freeze: bool = False
    """Whether states go on coming while nothing in them changes."""
    corrupt: float = 0.0
    """Share of states in which a joint's position is not the one of which the checksum was made."""
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

    def carry(self, record: Record, now: float) -> list[bytes]:
        """The states that reach the bus at `now` [s]; `record` is the newest, without its checksum,
        and changed if it must err.
        """
        joints = record["motor_state"]["q"]
        joint = self._rng.integers(JOINTS)
        if self._rng.random() < self.mischief.nan:
            joints[joint] = np.nan
        go2_layout.sign(record)
        if self._rng.random() < self.mischief.corrupt:
            joints[joint] += 0.01
        data = senses.LAYOUT.to_wire(record)
        self._frozen = (
            (data if self._frozen is None else self._frozen) if self.mischief.freeze else None
        )
        if not self.loses():
            self._late.append((now + self.mischief.delay, self._frozen or data))
        due = []
        while self._late and self._late[0][0] <= now:
            due.append(self._late.popleft()[1])
        return due
