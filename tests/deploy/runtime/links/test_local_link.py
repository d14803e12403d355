"""The link to a process on the same machine: messages arrive whole and in order of time, and what
is no message changes nothing.
"""

import socket
import time
from pathlib import Path

import numpy as np
import pytest

from deploy.runtime.errors import DeployError
from deploy.runtime.link import (
    BUTTONS,
    HeightMapMessage,
    LinkError,
    MotorCommand,
    Remote,
    RobotState,
)
from deploy.runtime.links import local, local_messages, open_link, open_writer
from tests.support.bundles import about

RNG = np.random.default_rng(0)


def numbers(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def state(tick: int = 7, buttons: tuple[str, ...] = ("A", "right")) -> RobotState:
    remote = Remote(buttons=frozenset(buttons), forward=0.5, turn=-0.25, age=0.125)
    return RobotState(
        tick=tick,
        received=time.monotonic(),
        quaternion=numbers(4),
        angular_velocity=numbers(3),
        joint_position=numbers(12),
        joint_velocity=numbers(12),
        joint_torque=numbers(12),
        temperature=numbers(12),
        battery=0.5,
        remote=remote,
    )


@pytest.fixture
def robot(tmp_path: Path) -> socket.socket:
    """The other end."""
    there = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    there.bind(str(tmp_path / "robot"))
    there.settimeout(5.0)
    return there


def connected(robot: socket.socket, monkeypatch: pytest.MonkeyPatch) -> tuple[local.LocalLink, str]:
    """A link that has said hello, and its address."""
    monkeypatch.setattr(local, "PATIENCE", -1.0)
    link = open_link("sim", about(), {"socket": robot.getsockname()})
    with pytest.raises(LinkError, match="does not answer"):
        link.start()
    hello, address = robot.recvfrom(local_messages.LARGEST)
    assert hello == local_messages.HELLO
    assert isinstance(link, local.LocalLink)
    return link, address


@pytest.mark.parametrize("buttons", [(), ("A",), BUTTONS])
def test_states_arrive_as_they_were_sent_and_the_newest_counts(
    robot: socket.socket, monkeypatch: pytest.MonkeyPatch, buttons: tuple[str, ...]
) -> None:
    link, address = connected(robot, monkeypatch)
    assert link.state() is None
    assert link.height_map() is None
    sent = state(9, buttons)
    ground = HeightMapMessage(1.5, numbers(29, 7))
    for data in (
        local_messages.state_bytes(state(8)),
        local_messages.state_bytes(sent),
        local_messages.map_bytes(ground),
    ):
        robot.sendto(data, address)
    there = link.state()
    seen = link.height_map()
    assert there is not None
    assert seen is not None
    for mine, theirs in zip((*there, *seen), (*sent, *ground), strict=True):
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(theirs))
    link.close()
    robot.close()


def test_what_is_no_message_changes_nothing(
    robot: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, address = connected(robot, monkeypatch)
    whole = local_messages.state_bytes(state(9))
    for data in (b"", b"STAT", whole[:-1], b"XXXX" + whole[4:], whole + b"\0"):
        robot.sendto(data, address)
        assert link.state() is None
    link.close()
    robot.close()


def test_link_and_writer_both_command(robot: socket.socket) -> None:
    command = MotorCommand(*(numbers(12) for _ in range(5)))
    for opened in (
        open_link("sim", about(), {"socket": robot.getsockname()}),
        open_writer("sim", about(), {"socket": robot.getsockname()}),
    ):
        opened.send(command)
        there = local_messages.command_from(robot.recv(local_messages.LARGEST), 12)
        assert there is not None
        for mine, theirs in zip(there, command, strict=True):
            np.testing.assert_array_equal(mine, theirs)
        opened.close()
    robot.close()


def test_a_robot_that_does_not_read_or_has_gone(robot: socket.socket) -> None:
    command = MotorCommand(*(numbers(12) for _ in range(5)))
    link = open_link("sim", about(), {"socket": robot.getsockname()})
    for _ in range(2000):
        link.send(command)
    robot.close()
    with pytest.raises(LinkError, match="start one with"):
        link.send(command)
    link.close()


def test_without_a_robot_or_with_a_wrong_option_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="start one with"):
        open_link("sim", about(), {"socket": str(tmp_path / "nobody")})
    with pytest.raises(DeployError, match="--option socket=PATH"):
        open_link("sim", about(), {})
    with pytest.raises(DeployError, match="no link 'usb'; use go2, sim"):
        open_link("usb", about(), {})
