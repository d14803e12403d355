"""The Go2's messages, each once: names, C types and order of its fields.

From these tables come the DDS types (`dds`) and the C structs that checksums are made over
(`go2_layout`).
Source: the message definitions of unitree_ros2 and unitree_sdk2 (field order and types), the DDS
types of ROS 2 (pose).
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Field(NamedTuple):
    """One field."""

    name: str
    kind: Any
    """numpy's code of a number, "str", "bool", or a Struct."""
    length: int = 1
    """Length of an array, or SEQUENCE."""


class Struct(NamedTuple):
    """One message or part of one."""

    typename: str
    """Name of the type on the bus, with dots for colons."""
    fields: tuple[Field, ...]


SEQUENCE = 0
"""Length of a field that is as long as the sender likes."""


def _struct(typename: str, *fields: Any) -> Struct:
    return Struct(typename, tuple(Field(*field) for field in fields))


def _go(name: str, *fields: Any) -> Struct:
    return _struct(f"unitree_go.msg.dds_.{name}_", *fields)


def _api(name: str, *fields: Any) -> Struct:
    return _struct(f"unitree_api.msg.dds_.{name}_", *fields)


MOTORS = 20
"""Places for motors in every message; the Go2 has twelve."""

_MOTOR_CMD = _go(
    "MotorCmd",
    ("mode", "u1"),
    ("q", "f4"),
    ("dq", "f4"),
    ("tau", "f4"),
    ("kp", "f4"),
    ("kd", "f4"),
    ("reserve", "u4", 3),
)
_MOTOR_STATE = _go(
    "MotorState",
    ("mode", "u1"),
    *((name, "f4") for name in ("q", "dq", "ddq", "tau_est", "q_raw", "dq_raw", "ddq_raw")),
    ("temperature", "u1"),
    ("lost", "u4"),
    ("reserve", "u4", 2),
)
_IMU_STATE = _go(
    "IMUState",
    ("quaternion", "f4", 4),
    ("gyroscope", "f4", 3),
    ("accelerometer", "f4", 3),
    ("rpy", "f4", 3),
    ("temperature", "u1"),
)
_BMS_STATE = _go(
    "BmsState",
    *((name, "u1") for name in ("version_high", "version_low", "status", "soc")),
    ("current", "i4"),
    ("cycle", "u2"),
    ("bq_ntc", "u1", 2),
    ("mcu_ntc", "u1", 2),
    ("cell_vol", "u2", 15),
)
_HEAD = (
    ("head", "u1", 2),
    ("level_flag", "u1"),
    ("frame_reserve", "u1"),
    ("sn", "u4", 2),
    ("version", "u4", 2),
    ("bandwidth", "u2"),
)

LOW_CMD = _go(
    "LowCmd",
    *_HEAD,
    ("motor_cmd", _MOTOR_CMD, MOTORS),
    ("bms_cmd", _go("BmsCmd", ("off", "u1"), ("reserve", "u1", 3))),
    ("wireless_remote", "u1", 40),
    ("led", "u1", 12),
    ("fan", "u1", 2),
    ("gpio", "u1"),
    ("reserve", "u4"),
    ("crc", "u4"),
)
LOW_STATE = _go(
    "LowState",
    *_HEAD,
    ("imu_state", _IMU_STATE),
    ("motor_state", _MOTOR_STATE, MOTORS),
    ("bms_state", _BMS_STATE),
    ("foot_force", "i2", 4),
    ("foot_force_est", "i2", 4),
    ("tick", "u4"),
    ("wireless_remote", "u1", 40),
    ("bit_flag", "u1"),
    ("adc_reel", "f4"),
    ("temperature_ntc1", "u1"),
    ("temperature_ntc2", "u1"),
    ("power_v", "f4"),
    ("power_a", "f4"),
    ("fan_frequency", "u2", 4),
    ("reserve", "u4"),
    ("crc", "u4"),
)
HEIGHT_MAP = _go(
    "HeightMap",
    ("stamp", "f8"),
    ("frame_id", "str"),
    ("resolution", "f4"),
    ("width", "u4"),
    ("height", "u4"),
    ("origin", "f4", 2),
    ("data", "f4", SEQUENCE),
)

_IDENTITY = _api("RequestIdentity", ("id", "i8"), ("api_id", "i8"))
_LEASE = _api("RequestLease", ("id", "i8"))
_POLICY = _api("RequestPolicy", ("priority", "i4"), ("noreply", "bool"))
REQUEST = _api(
    "Request",
    (
        "header",
        _api("RequestHeader", ("identity", _IDENTITY), ("lease", _LEASE), ("policy", _POLICY)),
    ),
    ("parameter", "str"),
    ("binary", "u1", SEQUENCE),
)
RESPONSE = _api(
    "Response",
    (
        "header",
        _api(
            "ResponseHeader",
            ("identity", _IDENTITY),
            ("status", _api("ResponseStatus", ("code", "i4"))),
        ),
    ),
    ("data", "str"),
    ("binary", "u1", SEQUENCE),
)

_TIME = _struct("builtin_interfaces.msg.dds_.Time_", ("sec", "i4"), ("nanosec", "u4"))
_POINT = _struct("geometry_msgs.msg.dds_.Point_", *((axis, "f8") for axis in "xyz"))
_QUATERNION = _struct("geometry_msgs.msg.dds_.Quaternion_", *((axis, "f8") for axis in "xyzw"))
POSE = _struct(
    "geometry_msgs.msg.dds_.PoseStamped_",
    ("header", _struct("std_msgs.msg.dds_.Header_", ("stamp", _TIME), ("frame_id", "str"))),
    (
        "pose",
        _struct("geometry_msgs.msg.dds_.Pose_", ("position", _POINT), ("orientation", _QUATERNION)),
    ),
)

TOPICS = {
    "rt/lowcmd": LOW_CMD,
    "rt/lowstate": LOW_STATE,
    "rt/utlidar/height_map_array": HEIGHT_MAP,
    "rt/utlidar/robot_pose": POSE,
    "rt/api/motion_switcher/request": REQUEST,
    "rt/api/motion_switcher/response": RESPONSE,
    "rt/api/sport/request": REQUEST,
    "rt/api/sport/response": RESPONSE,
}
"""Messages by topic."""

MOTOR_ON = 0x01
"""Mode of a motor that follows commands."""
HEAD = (0xFE, 0xEF)
"""First bytes of a command to the motors."""
LEVEL_LOW = 0xFF
"""Level of a command to the motors."""
LEAVE_POSITION = 2.146e9
"""Position that means "leave this term alone"."""
LEAVE_VELOCITY = 16000.0
"""Velocity that means "leave this term alone"."""
EMPTY_CELL = 1.0e9
"""Height of a cell that the robot has not seen."""
STAND_DOWN = 1005
"""Request to the sport service: lie down."""
CHECK_MODE = 1001
"""Request to the motion switcher: name the active service."""
SELECT_MODE = 1002
"""Request to the motion switcher: activate a service."""
RELEASE_MODE = 1003
"""Request to the motion switcher: let go of the motors."""
