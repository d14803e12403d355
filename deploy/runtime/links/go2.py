"""The Unitree Go2 over DDS: `Go2Link` reads and commands it, `Go2Writer` can only command it.

Options, as text by name: "domain" (0: a real robot's), "interface" (network interface; "" lets
Cyclone choose, "lo" stays on this machine), "force" ("yes": join a robot's domain with a Cyclone
DDS that crashes its programs).
"""

from __future__ import annotations

import threading
import time
from typing import Any, Mapping, NamedTuple

import numpy as np

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.link import Array, HeightMapMessage, LinkError, MotorCommand, RobotState
from deploy.runtime.links import dds, go2_layout, go2_map, go2_motion, go2_remote
from deploy.runtime.links.go2_layout import MessageLayout
from deploy.runtime.links.go2_messages import (
    HEAD,
    LEAVE_POSITION,
    LEAVE_VELOCITY,
    LEVEL_LOW,
    LOW_CMD,
    LOW_STATE,
    MOTOR_ON,
    MOTORS,
)

LARGEST = {"q": 10.0, "dq": 100.0, "tau_est": 200.0, "gyroscope": 100.0}
"""Joint positions [rad], speeds [rad/s], torques [N m] and rates of turn [rad/s] that no Go2 can
have: a message with more is damaged.
"""
_DEFAULTS = {"domain": "0", "interface": "", "force": "no"}


def open_bus(options: Mapping[str, str]) -> dds.Bus:
    """The bus that `options` describe.

    Raises:
        LinkError: an option is unknown or wrong, or the bus cannot be joined.
    """
    unknown = sorted(set(options) - set(_DEFAULTS))
    if unknown:
        raise LinkError(
            f"the go2 link has no option {', '.join(unknown)}; use {', '.join(_DEFAULTS)}"
        )
    chosen = {**_DEFAULTS, **options}
    if not chosen["domain"].isdigit() or chosen["force"] not in ("yes", "no"):
        raise LinkError(
            f"domain is {chosen['domain']!r}, force is {chosen['force']!r}; use a number, and yes "
            "or no"
        )
    return dds.Bus(int(chosen["domain"]), chosen["interface"], chosen["force"] == "yes")


JOINTS = 12
"""Joints of a Go2."""


class Go2Writer:
    """Commands to the motors and nothing else: for a process that damps the robot when the control
    loop cannot.
    """

    def __init__(
        self, about: Manifest, options: Mapping[str, str], bus: dds.Bus | None = None
    ) -> None:
        self._index = motor_index(about)
        self._layout = MessageLayout(LOW_CMD)
        self._message = self._layout.new()
        self._message["head"] = HEAD
        self._message["level_flag"] = LEVEL_LOW
        motors = self._message["motor_cmd"]
        motors["mode"] = MOTOR_ON
        motors["q"] = LEAVE_POSITION
        motors["dq"] = LEAVE_VELOCITY
        self._type = dds.message(LOW_CMD)
        self._writer = (bus or open_bus(options)).writer("rt/lowcmd")

    def send(self, command: MotorCommand) -> None:
        """Hand `command` to the motor drivers.

        Raises:
            LinkError: it is not finite or not one for each joint, or the bus does not take it.
        """
        if not all(part.shape == self._index.shape and np.isfinite(part).all() for part in command):
            raise LinkError("a command is not finite, or not one for each joint; it was not sent")
        motors = self._message["motor_cmd"]
        for name, part in zip(("q", "dq", "tau", "kp", "kd"), command):
            motors[name][self._index] = part
        go2_layout.sign(self._message)
        try:
            self._writer.write(self._type.of(self._layout.to_wire(self._message)))
        except dds.DDSException as error:
            raise LinkError(f"the bus does not take the command: {error.msg}") from error

    def close(self) -> None:
        """Give the connection up."""
        self._writer = None


class _Map(NamedTuple):
    received: float
    cells: Array
    origin: tuple[float, float]
    resolution: float


class Go2Link:
    """The robot. See `deploy.runtime.link.Link`.

    A thread takes messages as they come and notes the time; whoever asks for the newest never
    waits. `taken` counts messages by their topic, `refused` those of them that were damaged.
    """

    def __init__(self, about: Manifest, options: Mapping[str, str]) -> None:
        self._index = motor_index(about)
        self._map_sensor = next(
            (sensor for sensor in about.sensors if sensor["name"] == "height_map"), None
        )
        if self._map_sensor is not None and "grid" not in self._map_sensor:
            raise LinkError(
                "the bundle does not say where its height map's grid lies; export it again"
            )
        self._bus = open_bus(options)
        self._writer = Go2Writer(about, options, self._bus)
        self._layout = MessageLayout(LOW_STATE)
        self._state: RobotState | None = None
        self._map: _Map | None = None
        self._pose: tuple[float, go2_map.Pose] | None = None
        self._handlers = {
            "rt/lowstate": self._on_state,
            "rt/utlidar/height_map_array": self._on_map,
            "rt/utlidar/robot_pose": self._on_pose,
        }
        self.taken: dict[str, int] = dict.fromkeys(self._handlers, 0)
        self.refused: dict[str, int] = dict.fromkeys(self._handlers, 0)
        self._readers = {topic: self._bus.reader(topic) for topic in self._handlers}
        self._open = True
        self._thread = threading.Thread(target=self._listen, name="go2", daemon=True)
        self._thread.start()

    def start(self) -> None:
        """Take the robot over from its own motion service.

        Raises:
            LinkError: it is not there, or does not let go.
        """
        if go2_motion.wait_for(self.state, go2_motion.PATIENCE) is None:
            raise LinkError(
                "no robot speaks on the bus; is it on, in this network and in this DDS domain?"
            )
        go2_motion.release(self._bus, self._at_rest)

    def state(self) -> RobotState | None:
        """The newest sound message; None before the first."""
        return self._state

    def height_map(self) -> HeightMapMessage | None:
        """The newest map seen from the newest pose, as old as the older of the two; or None."""
        seen = self._map
        placed = self._pose
        sensor = self._map_sensor
        if seen is None or placed is None or sensor is None:
            return None
        heights = go2_map.sample(
            cells=seen.cells,
            origin=seen.origin,
            resolution=seen.resolution,
            pose=placed[1],
            grid=sensor["grid"],
            shape=tuple(sensor["shape"]),
        )
        return HeightMapMessage(min(seen.received, placed[0]), heights)

    def send(self, command: MotorCommand) -> None:
        """Hand `command` to the motor drivers. Raises LinkError if that is impossible."""
        self._writer.send(command)

    def close(self) -> None:
        """Give the connection up."""
        self._open = False
        self._thread.join()
        self._writer.close()

    def _at_rest(self) -> bool:
        state = self._state
        return state is not None and bool(np.abs(state.joint_velocity).max() < 0.2)

    def _listen(self) -> None:
        waiting = dds.Waiting(self._bus, self._readers.values())
        while self._open:
            waiting.wait(0.1)
            now = time.monotonic()
            for topic, reader in self._readers.items():
                for message in dds.take(reader):
                    self._handle(topic, message, now)

    def _handle(self, topic: str, message: Any, now: float) -> None:
        try:
            if message is None:
                raise ValueError("not decodable")
            self._handlers[topic](message, now)
        except (ValueError, OverflowError):
            self.refused[topic] += 1
        self.taken[topic] += 1

    @np.errstate(all="ignore")
    def _on_state(self, message: Any, now: float) -> None:
        record = self._layout.from_wire(message.data)
        if not go2_layout.is_sound(record):
            raise ValueError("wrong checksum")
        motors = record["motor_state"][self._index]
        imu = record["imu_state"]
        w, x, y, z = quaternion = imu["quaternion"]
        figures = {
            "gyroscope": imu["gyroscope"],
            **{name: motors[name] for name in ("q", "dq", "tau_est")},
        }
        # Written so that NaN fails.
        if not (
            all((np.abs(part) <= LARGEST[name]).all() for name, part in figures.items())
            and 0.8 < quaternion @ quaternion < 1.2
        ):
            raise ValueError("figures that no robot can have")
        self._state = RobotState(
            tick=int(record["tick"]),
            received=now,
            quaternion=np.array([x, y, z, w]) / np.sqrt(quaternion @ quaternion),
            angular_velocity=figures["gyroscope"],
            joint_position=figures["q"],
            joint_velocity=figures["dq"],
            joint_torque=figures["tau_est"],
            temperature=motors["temperature"].astype(np.float32),
            battery=min(int(record["bms_state"]["soc"]), 100) / 100,
            remote=go2_remote.decode(record["wireless_remote"].tobytes()),
        )

    def _on_map(self, message: Any, now: float) -> None:
        cells = go2_map.cells_of(message)
        self._map = _Map(
            received=now, cells=cells, origin=tuple(message.origin), resolution=message.resolution
        )

    def _on_pose(self, message: Any, now: float) -> None:
        self._pose = (now, go2_map.pose_of(message))


def motor_index(about: Manifest) -> np.ndarray[Any, Any]:
    """Where each joint of the bundle is among the robot's motors, (J,).

    Raises:
        LinkError: the bundle is for another robot.
    """
    index = np.array(about.motor_index)
    if (
        about.robot != "go2"
        or len(index) != JOINTS
        or len(set(about.motor_index)) != len(index)
        or not ((index >= 0) & (index < MOTORS)).all()
    ):
        raise LinkError(
            f"the bundle is for {about.robot} with motors {list(about.motor_index)}; the go2 link "
            "needs a go2's"
        )
    return index
