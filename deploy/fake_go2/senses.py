"""What the robot says of itself and of the ground: state, pose and height map, as the real one's
messages have them.

Sensors are exact: what errs here is the bus, and the height map by the size of its cells. The
accelerometer feels gravity alone, feet feel nothing.
"""

import numpy as np
from numpy.typing import NDArray

from deploy.runtime.link import Remote
from deploy.runtime.links import dds, go2_remote
from deploy.runtime.links.go2_layout import MessageLayout
from deploy.runtime.links.go2_messages import EMPTY_CELL, HEIGHT_MAP, LOW_STATE, MOTOR_ON, POSE
from deploy.simulation.body import Truth
from deploy.simulation.scene import Scene
from deploy.simulation.senses import heading
from envs import frames

CELL = 0.06
"""Size of the height map's cells [m]. Source: Unitree's description of the LiDAR service."""
CELLS = 128
"""Cells of the height map along x, and along y."""
TEMPERATURE = 30
"""Temperature of the motors [degC]."""
CHARGE = 80
"""Charge of the battery [%]."""
VOLTAGE = 29.0
"""Voltage of the battery [V]."""
_REACH = 16.0
"""Distance from the start within which there is ground, along each axis [m]."""
LAYOUT = MessageLayout(LOW_STATE)


def state(truth: Truth, tick: int, remote: Remote) -> NDArray[np.void]:
    """A state message without its checksum; `tick`: time since the robot was switched on [ms]."""
    record = LAYOUT.new()
    x, y, z, w = truth.quaternion
    imu = record["imu_state"]
    motors = record["motor_state"][: len(truth.joint_position)]
    imu["quaternion"] = (w, x, y, z)
    imu["gyroscope"] = truth.angular_velocity
    imu["accelerometer"] = 9.81 * frames.rotation_matrix(truth.quaternion[None])[0, 2]
    motors["mode"] = MOTOR_ON
    motors["temperature"] = TEMPERATURE
    motors["q"] = truth.joint_position
    motors["dq"] = truth.joint_velocity
    motors["tau_est"] = truth.joint_torque
    record["bms_state"]["soc"] = CHARGE
    record["power_v"] = VOLTAGE
    record["tick"] = tick % 2**32
    record["wireless_remote"] = np.frombuffer(go2_remote.encode(remote), np.uint8)
    return record


class Odometry:
    """The robot's own frame: its origin is on the ground where the robot was switched on, its x
    axis is where it looked.
    """

    def __init__(self, scene: Scene, truth: Truth) -> None:
        self._x = float(truth.position[0])
        self._y = float(truth.position[1])
        self._yaw = heading(truth.quaternion)
        along = np.arange(-_REACH, _REACH, CELL)
        x, y = np.meshgrid(along, along, indexing="ij")
        cosine = np.cos(self._yaw)
        sine = np.sin(self._yaw)
        ground = scene.height(self._x + cosine * x - sine * y, self._y + sine * x + cosine * y)
        self._ground = float(scene.height(truth.position[:1], truth.position[1:2])[0])
        self._cells = (ground - self._ground).astype(np.float32)

    def _place(self, truth: Truth) -> tuple[float, float]:
        x, y = truth.position[0] - self._x, truth.position[1] - self._y
        cosine = np.cos(self._yaw)
        sine = np.sin(self._yaw)
        return float(cosine * x + sine * y), float(cosine * y - sine * x)

    def pose(self, truth: Truth, now: float) -> object:
        """The message that says where the base's origin is."""
        (x, y) = self._place(truth)
        turn = 0.5 * (heading(truth.quaternion) - self._yaw)
        header, pose = (dds.message(field.kind) for field in POSE.fields)
        point, quaternion = (dds.message(field.kind) for field in POSE.fields[1].kind.fields)
        (time,) = (dds.message(field.kind) for field in POSE.fields[0].kind.fields[:1])
        at = point(x, y, float(truth.position[2]) - self._ground)
        return dds.message(POSE)(
            header(time(int(now), 0), "odom"),
            pose(at, quaternion(0.0, 0.0, float(np.sin(turn)), float(np.cos(turn)))),
        )

    def height_map(self, truth: Truth, now: float) -> object:
        """The message with the ground around the robot; cells beyond what is known are empty."""
        first = [round((part + _REACH) / CELL) - CELLS // 2 for part in self._place(truth)]
        cells = np.full((CELLS, CELLS), EMPTY_CELL, np.float32)
        known = [slice(max(0, -start), min(CELLS, len(self._cells) - start)) for start in first]
        taken = [
            slice(start + part.start, start + part.stop)
            for start, part in zip(first, known, strict=True)
        ]
        if all(part.stop > part.start for part in known):
            cells[known[0], known[1]] = self._cells[taken[0], taken[1]]
        origin = [-_REACH + CELL * start for start in first]
        return dds.message(HEIGHT_MAP)(
            now, "odom", CELL, CELLS, CELLS, origin, cells.T.ravel().tolist()
        )
