"""The fake robot's motor board: what it refuses, and that nothing else gets through."""

from typing import Any

import numpy as np
import pytest

from deploy.fake_go2.firmware import (
    LARGEST_KD,
    LARGEST_KP,
    SLACK,
    Firmware,
    RefusedCommandError,
    is_damping,
)
from deploy.fake_go2.service import MotionService
from deploy.runtime.links import go2_layout
from deploy.runtime.links.go2_layout import MessageLayout
from deploy.runtime.links.go2_messages import (
    CHECK_MODE,
    HEAD,
    LEAVE_POSITION,
    LEAVE_VELOCITY,
    LEVEL_LOW,
    LOW_CMD,
    RELEASE_MODE,
    STAND_DOWN,
)
from envs.robots.go2 import GO2

LAYOUT = MessageLayout(LOW_CMD)
FIRMWARE = Firmware(GO2)


def standing() -> np.ndarray:
    """A sound command: stand."""
    record = LAYOUT.new()
    record["head"] = HEAD
    record["level_flag"] = LEVEL_LOW
    motors = record["motor_cmd"]
    motors["mode"] = 1
    motors["q"] = LEAVE_POSITION
    motors["dq"] = LEAVE_VELOCITY
    joints = motors[:12]
    joints["q"] = GO2.stance
    joints["dq"] = 0.0
    joints["kp"] = 50.0
    joints["kd"] = 0.9
    return record


def signed(record: np.ndarray) -> bytes:
    go2_layout.sign(record)
    return LAYOUT.to_wire(record)


def test_a_sound_command_is_followed_to_the_letter() -> None:
    command = FIRMWARE.accept(signed(standing()))
    np.testing.assert_array_equal(command.position, np.array(GO2.stance, np.float32))
    assert (command.kp == 50.0).all()
    assert not is_damping(command)


def test_a_term_that_is_left_alone_has_no_gain() -> None:
    record = standing()
    record["motor_cmd"]["q"][3] = LEAVE_POSITION
    record["motor_cmd"]["dq"][4] = LEAVE_VELOCITY
    command = FIRMWARE.accept(signed(record))
    assert command.kp[3] == 0
    assert command.kd[4] == 0
    assert command.kp[4] == 50.0


@pytest.mark.parametrize(
    ("field", "motor", "value", "reason"),
    [
        ("mode", 0, 0, "mode"),
        ("q", 5, np.nan, "not a number"),
        ("kd", 5, np.inf, "not a number"),
        ("q", 2, 0.0, "position"),
        ("dq", 7, 31.0, "velocity"),
        ("tau", 0, 24.0, "torque"),
        ("kp", 1, -1.0, "gain"),
        ("kp", 1, LARGEST_KP + 1, "gain"),
        ("kd", 1, LARGEST_KD + 1, "gain"),
        ("tau", 12, 1.0, "motor that is not there"),
        ("kp", 19, 1.0, "motor that is not there"),
    ],
)
def test_firmware_refuses_and_says_why(field: str, motor: int, value: float, reason: str) -> None:
    record = standing()
    record["motor_cmd"][field][motor] = value
    with pytest.raises(RefusedCommandError, match=f"^{reason}$"):
        FIRMWARE.accept(signed(record))


def test_damage_is_refused() -> None:
    sound = signed(standing())
    for at in range(4, len(sound), 37):
        with pytest.raises(RefusedCommandError, match="checksum"):
            FIRMWARE.accept(sound[:at] + bytes([sound[at] ^ 0x10]) + sound[at + 1 :])
    with pytest.raises(RefusedCommandError, match="size"):
        FIRMWARE.accept(sound[:-4])
    for name, value, reason in (("head", (0, 0), "head"), ("level_flag", 0, "level")):
        record = standing()
        record[name] = value
        with pytest.raises(RefusedCommandError, match=reason):
            FIRMWARE.accept(signed(record))


def test_braking_is_told_from_letting_go() -> None:
    record = standing()
    joints = record["motor_cmd"][:12]
    joints["q"] = 0.0
    joints["kp"] = 0.0
    joints["kd"] = 2.0
    assert is_damping(FIRMWARE.accept(signed(record)))
    joints["kd"] = 0.0
    assert not is_damping(FIRMWARE.accept(signed(record)))


def hostile(rng: np.random.Generator) -> bytes:
    """Garbage, damaged commands, and commands with a right checksum over wild figures."""
    kind = rng.integers(4)
    if kind == 0:
        return rng.bytes(int(rng.integers(0, 2000)))
    record = standing()
    if kind == 1:
        data = bytearray(signed(record))
        data[rng.integers(len(data))] ^= int(rng.integers(1, 256))
        return bytes(data)
    joints = record["motor_cmd"]
    for name in ("q", "dq", "tau", "kp", "kd"):
        wild = (10 ** rng.uniform(-3, 38, 20) * rng.choice([-1, 1], 20)).astype(np.float32)
        special = rng.choice(
            np.array([np.nan, np.inf, -np.inf, LEAVE_POSITION, LEAVE_VELOCITY, 0], np.float32), 20
        )
        share = rng.choice([0.0, 0.05, 0.5])
        joints[name] = np.where(
            rng.random(20) < share, np.where(rng.random(20) < 0.5, wild, special), joints[name]
        )
    return signed(record)


def fuzz(count: int) -> None:
    rng = np.random.default_rng(0)
    passed = 0
    for _ in range(count):
        try:
            command = FIRMWARE.accept(hostile(rng))
        except RefusedCommandError:
            continue
        passed += 1
        held = command.kp > 0
        moved = command.kd > 0
        assert all(np.isfinite(part).all() for part in command)
        assert (
            ~held
            | (
                np.abs(command.position - np.clip(command.position, GO2.lower, GO2.upper))
                <= SLACK + 1e-6
            )
        ).all()
        assert (~moved | (np.abs(command.velocity) <= GO2.speed_limit)).all()
        assert (np.abs(command.torque) <= np.array(GO2.torque_limit, np.float32)).all()
        assert (
            (command.kp >= 0)
            & (command.kp <= LARGEST_KP)
            & (command.kd >= 0)
            & (command.kd <= LARGEST_KD)
        ).all()
    # The fuzzer reaches what lies behind the checks, too.
    assert 0.01 * count < passed < 0.9 * count


def test_fuzzed_commands_never_reach_the_motors() -> None:
    fuzz(1000)


@pytest.mark.long
def test_ten_thousand_fuzzed_commands_never_reach_the_motors() -> None:
    fuzz(10_000)


def test_the_motion_service_holds_the_robot_until_it_is_released() -> None:
    service = MotionService(GO2)
    joints = np.array(GO2.stance)

    def ask(what: int, now: float) -> Any:
        return service.answer(what, joints, now)

    assert '"normal"' in ask(CHECK_MODE, 0.0)[1]
    np.testing.assert_array_equal(service.command(0.0).position, np.array(GO2.stance, np.float32))
    assert ask(STAND_DOWN, 1.0) == (0, "")
    assert service.command(10.0).position[2] == pytest.approx(-2.65)
    assert ask(RELEASE_MODE, 10.0) == (0, "")
    assert not service.active
    assert '""' in ask(CHECK_MODE, 10.0)[1]
    assert ask(4711, 10.0)[0] != 0
