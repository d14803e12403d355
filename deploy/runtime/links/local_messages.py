"""Messages of the local link: numpy records, little endian, told apart by their first bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploy.runtime.link import BUTTONS, HeightMapMessage, MotorCommand, Remote, RobotState

HELLO = b"HELO"
"""Message whose sender gets states and height maps from then on."""
LARGEST = 65536
"""Size of the largest message [bytes]."""


def state_type(joints: int) -> np.dtype[Any]:
    """Type of a `RobotState`; `received` is when it was sent, by the clock that both ends share."""
    one = "<f4"
    all_joints = ("<f4", (joints,))
    fields: list[Any] = [
        ("kind", "S4"),
        ("tick", "<u4"),
        ("received", "<f8"),
        ("quaternion", one, 4),
        ("angular_velocity", one, 3),
    ]
    fields += [
        (name, *all_joints)
        for name in ("joint_position", "joint_velocity", "joint_torque", "temperature")
    ]
    return np.dtype(
        [
            *fields,
            ("battery", one),
            ("buttons", "<u2"),
            ("forward", one),
            ("turn", one),
            ("age", one),
        ]
    )


def map_type(shape: tuple[int, int]) -> np.dtype[Any]:
    """Type of a `HeightMapMessage` of `shape`; `received` as in a state."""
    return np.dtype([("kind", "S4"), ("received", "<f8"), ("heights", "<f4", shape)])


def command_type(joints: int) -> np.dtype[Any]:
    """Type of a `MotorCommand`."""
    return np.dtype([("kind", "S4"), *((name, "<f4", (joints,)) for name in MotorCommand._fields)])


def state_bytes(state: RobotState) -> bytes:
    """What `state_from` reads."""
    remote = state.remote
    buttons = sum(1 << BUTTONS.index(name) for name in remote.buttons)
    values = (b"STAT", *state[:-1], buttons, remote.forward, remote.turn, remote.age)
    return _bytes(state_type(len(state.joint_position)), values)


def map_bytes(ground: HeightMapMessage) -> bytes:
    """What `map_from` reads."""
    shape: Any = ground.heights.shape
    return _bytes(map_type(shape), (b"MAP_", *ground))


def command_bytes(command: MotorCommand) -> bytes:
    """What `command_from` reads."""
    return _bytes(command_type(len(command.position)), (b"CMND", *command))


def state_from(data: bytes, joints: int) -> RobotState | None:
    """The state in a message; None if it is something else."""
    record = _record(data, state_type(joints), b"STAT")
    if record is None:
        return None
    buttons = frozenset(
        name for bit, name in enumerate(BUTTONS) if int(record["buttons"]) >> bit & 1
    )
    remote = Remote(
        buttons=buttons,
        forward=float(record["forward"]),
        turn=float(record["turn"]),
        age=float(record["age"]),
    )
    values = {name: record[name] for name in RobotState._fields[2:8]}
    return RobotState(
        tick=int(record["tick"]),
        received=float(record["received"]),
        battery=float(record["battery"]),
        remote=remote,
        **values,
    )


def map_from(data: bytes, shape: tuple[int, int]) -> HeightMapMessage | None:
    """The height map in a message; None if it is something else."""
    record = _record(data, map_type(shape), b"MAP_")
    return (
        None if record is None else HeightMapMessage(float(record["received"]), record["heights"])
    )


def command_from(data: bytes, joints: int) -> MotorCommand | None:
    """The command in a message; None if it is something else."""
    record = _record(data, command_type(joints), b"CMND")
    return (
        None if record is None else MotorCommand(*(record[name] for name in MotorCommand._fields))
    )


def _bytes(kind: np.dtype[Any], values: tuple[Any, ...]) -> bytes:
    return np.array([values], kind).tobytes()


def _record(data: bytes, kind: np.dtype[Any], name: bytes) -> NDArray[Any] | None:
    if len(data) != kind.itemsize or data[:4] != name:
        return None
    return np.frombuffer(data, kind)[0]
