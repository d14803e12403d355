"""Hostile payloads for the Go2's link and the fake robot, and harmless traffic for both."""

import contextlib
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from deploy.bundle.artefacts import program_bytes
from deploy.fake_go2.firmware import Firmware
from deploy.fake_go2.operator import FakeOperator, free_domain
from deploy.runtime.bundle.program import TorchProgram
from deploy.runtime.link import MotorCommand
from deploy.runtime.links import dds, go2_layout
from deploy.runtime.links.go2 import LARGEST, Go2Link, Go2Writer, open_bus
from deploy.runtime.links.go2_layout import HEADER, MessageLayout
from deploy.runtime.links.go2_messages import HEIGHT_MAP, LOW_CMD, LOW_STATE, POSE, REQUEST
from deploy.runtime.safety.control import Control, Inputs
from deploy.runtime.safety.operator import Wish
from deploy.runtime.safety.pilot import Pilot
from envs.robots.go2 import GO2
from tests.support.bundles import about, random_actor
from tests.support.fake_robots import counts, until

JOINTS = len(GO2.joint_names)


def stance(kp: float = GO2.kp[0]) -> MotorCommand:
    position = np.array(GO2.stance, np.float32)
    zero = np.zeros(JOINTS, np.float32)
    return MotorCommand(
        position=position,
        velocity=zero,
        torque=zero,
        kp=np.full_like(zero, kp),
        kd=np.array(GO2.kd, np.float32),
    )


def damping() -> MotorCommand:
    zero = np.zeros(JOINTS, np.float32)
    return MotorCommand(
        position=zero, velocity=zero, torque=zero, kp=zero, kd=np.full_like(zero, 2.0)
    )


def keep_sending(
    writer: Go2Link | Go2Writer, command: MotorCommand, what: Callable[[], Any]
) -> None:
    """Send until `what`."""

    def done() -> Any:
        writer.send(command)
        return what()

    until(done)


def sound(link: Go2Link) -> bool:
    """Whether the link says nothing, or what a robot can be."""
    state = link.state()
    ground = link.height_map()
    assert ground is None or not np.isinf(ground.heights).any()
    if state is None:
        return True
    parts = (
        state.quaternion,
        state.angular_velocity,
        state.joint_position,
        state.joint_velocity,
        state.joint_torque,
        state.temperature,
    )
    figures = zip(parts[1:5], ("gyroscope", "q", "dq", "tau_est"), strict=True)
    return all(np.isfinite(part).all() for part in parts) and all(
        (np.abs(part) <= LARGEST[name]).all() for part, name in figures
    )


def more(counts: dict[str, int], name: str, than: int) -> bool:
    return counts[name] > than


def said(data: bytes, **_: Any) -> bytes:
    return data


def garbled(rng: np.random.Generator, template: bytes) -> bytes:
    """Random bytes, or a sound message with some bytes changed or its end missing."""
    if rng.random() < 0.3:
        return rng.bytes(int(rng.integers(1, 400)) * 4)
    data = bytearray(template)
    for at in rng.integers(0, len(data), int(rng.integers(1, 9))):
        data[at] = rng.integers(256)
    return bytes(data[: rng.integers(4, len(data) + 1)] if rng.random() < 0.3 else data)


class Walker:
    """A control loop that walks whatever it is told, and a motor board that judges its commands."""

    def __init__(self) -> None:
        self._control = Control(
            about(), Pilot(about(), TorchProgram(program_bytes(GO2, random_actor())), None)
        )
        bus: Any = self
        self._board = Firmware(GO2)
        self._motors = Go2Writer(about(), {}, bus)
        self.steps = 0
        self.walked = 0

    def writer(self, topic: str) -> "Walker":
        """Stands for the bus, and for what is sent on it."""
        assert topic == "rt/lowcmd"
        return self

    def write(self, message: Any) -> None:
        """Raises RefusedCommandError for a command outside the limits."""
        self._board.accept(message.data)

    def step(self, link: Go2Link) -> None:
        """A tick with the link's state now; the program remembers all that the link said before."""
        self._control.state = "running"
        outcome = self._control.step(
            Inputs(
                now=time.monotonic(),
                late=0.0,
                state=link.state(),
                ground=link.height_map(),
                wish=Wish(frozenset(), (0.5, 0.1)),
                interrupted=False,
            )
        )
        self._motors.send(outcome.command)
        self.steps += 1
        self.walked += outcome.state == "running"


def wild_state(rng: np.random.Generator, tick: int) -> bytes:
    """A standing robot's state with a right checksum, and some bytes of it anything at all."""
    layout = MessageLayout(LOW_STATE)
    record = layout.new()
    record["imu_state"]["quaternion"][0] = 1.0
    record["bms_state"]["soc"] = 80
    record["tick"] = tick
    record["motor_state"]["q"][:JOINTS] = GO2.stance
    data = bytearray(layout.to_wire(record))
    for at in rng.integers(len(HEADER), len(data), int(rng.choice([1, 4, 1000]))):
        data[at] = rng.integers(256)
    record = layout.from_wire(bytes(data))
    go2_layout.sign(record)
    return layout.to_wire(record)


def fuzz_link(count: int) -> None:
    """Send `count` payloads to a link that hears nothing else.

    Each must arrive, be refused or be valid, and no command that follows may be outside the limits.
    """
    options = {"domain": str(free_domain()), "interface": "lo"}
    link = Go2Link(about(), options)
    bus = open_bus(options)
    rng = np.random.default_rng(1)
    topics = {
        "rt/lowstate": LOW_STATE,
        "rt/utlidar/height_map_array": HEIGHT_MAP,
        "rt/utlidar/robot_pose": POSE,
    }
    writers = {topic: bus.writer(topic) for topic in topics}
    parts = [
        dds.message(kind)
        for kind in (POSE.fields[0].kind, POSE.fields[0].kind.fields[0].kind, POSE.fields[1].kind)
    ]
    point, quaternion = (dds.message(field.kind) for field in POSE.fields[1].kind.fields)
    sound_ones = {
        "rt/lowstate": MessageLayout(LOW_STATE).to_wire(MessageLayout(LOW_STATE).new()),
        "rt/utlidar/height_map_array": dds.message(HEIGHT_MAP)(
            0.0, "odom", 0.06, 8, 8, [0.0, 0.0], [0.0] * 64
        ).serialize(),
        "rt/utlidar/robot_pose": dds.message(POSE)(
            parts[0](parts[1](1, 2), "odom"), parts[2](point(0, 0, 0.3), quaternion(0, 0, 0, 1))
        ).serialize(),
    }
    walker = Walker()
    number = 0
    sent = 0
    while sent < count:
        number += 1
        topic = list(topics)[number % 3]
        data = (
            wild_state(rng, number)
            if topic == "rt/lowstate" and rng.random() < 0.5
            else garbled(rng, sound_ones[topic])
        )
        message: Any = object.__new__(dds.message(topics[topic]))
        message.serialize = partial(said, data)
        seen = link.taken[topic]
        try:
            writers[topic].write(message)
        except dds.DDSException:
            # Cyclone itself does not send everything.
            continue
        sent += 1
        until(partial(more, link.taken, topic, seen))
        assert sound(link)
        walker.step(link)
    link.close()
    assert all(0 < refused < link.taken[topic] for topic, refused in link.refused.items()), (
        link.refused,
        link.taken,
    )
    print(
        f"{count} payloads to the link, {sum(link.refused.values())} refused: {walker.steps} "
        f"commands within the limits, {walker.walked} of them to walk"
    )
    assert walker.walked > 0.1 * count


def fuzz_robot(fake: FakeOperator, link: Go2Link, count: int) -> None:
    """Send `count` commands and requests to the robot: it must live, and refuse what it must."""
    bus = open_bus(fake.options)
    rng = np.random.default_rng(2)
    kind = dds.message(LOW_CMD)
    commands = bus.writer("rt/lowcmd")
    requests = bus.writer("rt/api/sport/request")
    header = REQUEST.fields[0].kind
    identity, lease, policy = (dds.message(field.kind) for field in header.fields)
    template = MessageLayout(LOW_CMD).to_wire(MessageLayout(LOW_CMD).new())
    began = counts(fake)
    for number in range(count):
        if number % 10:
            with contextlib.suppress(dds.DDSException):
                commands.write(kind.of(garbled(rng, template)))
        else:
            odd = dds.message(header)(
                identity(int(rng.integers(2**62)), int(rng.integers(2000))),
                lease(0),
                policy(0, False),
            )
            requests.write(dds.message(REQUEST)(odd, rng.bytes(20).hex(), []))
        time.sleep(0.001)
    ended = counts(fake)
    new = {name: ended[name] - began.get(name, 0) for name in ended}
    print(f"{count} payloads to the robot: {new}")
    assert new.get("accepted", 0) == 0
    assert sum(new.values()) > 0.2 * count
    keep_sending(link, damping(), lambda: counts(fake)["accepted"] > ended.get("accepted", 0))
    link.start()
