"""What a bundle says about itself, as canonical JSON: sorted keys, no white space, no NaN, every
float to its last bit.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from deploy.runtime.bundle.fields import (
    FILE_NAME,
    HASH,
    KINDS,
    LARGEST,
    NOT_NEGATIVE,
    PER_JOINT,
    PER_JOINT_SENSORS,
    POSITIVE,
    VERSION,
    Quantity,
    is_grid,
    is_name,
    is_shape,
)
from deploy.runtime.errors import RefusedError, SchemaError

SCHEMA = 2
"""Version of the manifest's form; a manifest of another one is refused."""


@dataclass(frozen=True)
class Manifest:
    """A bundle's manifest. Per-joint tuples follow `joint_names`; limits are meant as 32-bit
    floats, as the program computes.
    """

    schema: int
    """`SCHEMA` of the version that wrote it."""
    name: str
    """Name of the bundle."""
    version: str
    """Three numbers; later is higher."""
    robot: str
    """Name of the robot."""
    joint_names: tuple[str, ...]
    """Joints of the robot, in an order that all per-joint figures and arrays follow."""
    motor_index: tuple[int, ...]
    """Index of each joint in the vendor's motor list."""
    lower: tuple[float, ...]
    """Lower limits of commanded joint positions [rad]."""
    upper: tuple[float, ...]
    """Upper limits of commanded joint positions [rad]."""
    torque_limit: tuple[float, ...]
    """Limit of the feed-forward torque [N m]."""
    speed_limit: tuple[float, ...]
    """No-load speed of the joints [rad/s]."""
    target_speed_limit: tuple[float, ...]
    """Limit of the commanded joint velocity [rad/s]."""
    stance: tuple[float, ...]
    """Standing joint positions [rad]."""
    folded: tuple[float, ...]
    """Joint positions of a robot that lies with its legs under it [rad]: where it stands up from,
    and sits down to.
    """
    kp: tuple[float, ...]
    """Position gain of the program's commands [N m/rad]; 0 of a joint that has a speed only."""
    kd: tuple[float, ...]
    """Velocity gain of the program's commands [N m s/rad]."""
    control_period: float
    """Time from one command to the next [s]."""
    hold_kp: tuple[float, ...]
    """Position gain while the robot gets up, stands or sits down [N m/rad]."""
    hold_kd: tuple[float, ...]
    """Velocity gain while the robot gets up, stands or sits down [N m s/rad]."""
    damping: tuple[float, ...]
    """Velocity gain of a robot that is damped, without any position gain [N m s/rad]."""
    gather_time: float
    """Time to draw the legs in [s]."""
    rise_time: float
    """Time to push the body up from there [s]."""
    sit_time: float
    """Time to sit down [s]."""
    tolerance: float
    """Largest distance of a joint from its place in a robot that stands [rad]."""
    patience: float
    """Time after the motion in which the robot must stand, or it is blocked [s]."""
    max_tilt: float
    """Angle between the body's up and the vertical beyond which the robot gives up [rad]."""
    max_state_age: float
    """Age of the newest sensors that may still be acted upon [s]."""
    max_command_age: float
    """Age of the operator's newest command that may still be followed [s]."""
    max_speed: float
    """Forward speed of a stick that is pushed all the way [m/s]."""
    max_yaw_rate: float
    """Yaw rate of a stick that is pushed all the way [rad/s]."""
    max_map_age: float
    """Age of the newest height map that may still be walked on [s]."""
    position_margin: float
    """Distance of a joint beyond its limits from which on its encoder counts as broken [rad]."""
    speed_margin: float
    """Largest joint speed, as a multiple of `speed_limit`."""
    torque_margin: float
    """Largest joint torque, as a multiple of `torque_limit`."""
    max_target_step: float
    """Largest change of a commanded joint position from tick to tick [rad]."""
    max_temperature: float
    """Largest temperature of a motor [degC]."""
    min_battery: float
    """Lowest charge of the battery, between 0 and 1."""
    sensors: tuple[Quantity, ...]
    """Arguments of the program, in its order."""
    commands: tuple[Quantity, ...]
    """Results of the program, in its order."""
    versions: dict[str, object]
    """Versions of the packages that made the bundle."""
    provenance: dict[str, object]
    """Where the weights come from."""
    files: dict[str, object]
    """SHA-256 of every other file by name, in hexadecimal."""


def names(quantities: tuple[Quantity, ...]) -> tuple[str, ...]:
    """Names of inputs or outputs, in their order."""
    return tuple(quantity["name"] for quantity in quantities)


def to_bytes(manifest: Manifest) -> bytes:
    """The canonical form. Floats read back as the same bits."""
    return json.dumps(
        asdict(manifest), sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode("ascii")


def from_bytes(data: bytes) -> Manifest:
    """The manifest that `data` is.

    Raises:
        RefusedError: it has another schema, is not canonical, lacks or adds something, or
            contradicts itself.
    """
    try:
        found = json.loads(data.decode("ascii"))
        _check_schema(found["schema"])
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in found.items()
        }
        _check_names(set(values))
        manifest = Manifest(**values)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RefusedError(f"the manifest cannot be read: {error}") from error
    check(manifest)
    if to_bytes(manifest) != data:
        raise RefusedError("the manifest is not in canonical form")
    return manifest


def check(manifest: Manifest) -> None:
    """See that the manifest's fields have their types and agree with each other.

    Raises:
        RefusedError: one does not.
    """
    for field in fields(manifest):
        if not KINDS[str(field.type)](getattr(manifest, field.name)):
            raise RefusedError(f"the manifest's {field.name} is not of the type {field.type}")
    _check_schema(manifest.schema)
    if not VERSION.fullmatch(manifest.version):
        raise RefusedError(f"version {manifest.version!r} is not three numbers such as 1.0.0")
    if {len(getattr(manifest, name)) for name in PER_JOINT} != {len(set(manifest.joint_names))}:
        raise RefusedError("the manifest's per-joint figures are not one for each joint")
    if not all(low < high for low, high in zip(manifest.lower, manifest.upper)):
        raise RefusedError("the manifest has a lower joint limit that is not below its upper one")
    _check_signs(manifest)
    _check_robot(manifest)
    _check_program(manifest)
    for name, digest in manifest.files.items():
        if not (FILE_NAME.fullmatch(name) and isinstance(digest, str) and HASH.fullmatch(digest)):
            raise RefusedError(
                f"the manifest lists {name!r}, which is not a plain file name with a SHA-256"
            )


def _check_robot(manifest: Manifest) -> None:
    """See that names are plain, that each motor is there once, and that poses can be reached."""
    for name in ("name", "robot"):
        value = getattr(manifest, name)
        if not (value and value.isprintable() and "/" not in value):
            raise RefusedError(f"the manifest's {name} is {value!r}, which is not a plain name")
    if len(set(manifest.motor_index)) != len(manifest.motor_index) or min(manifest.motor_index) < 0:
        raise RefusedError("the manifest's motor_index does not name each motor once")
    for name in ("stance", "folded"):
        pose = zip(manifest.lower, getattr(manifest, name), manifest.upper)
        if not all(low <= position <= high for low, position, high in pose):
            raise RefusedError(f"the manifest's {name} is outside of the joints' limits")


def _check_program(manifest: Manifest) -> None:
    """See that inputs and outputs are named once each, and have a value for each joint."""
    joints = [len(manifest.joint_names)]
    for quantities, what in ((manifest.sensors, "sensors"), (manifest.commands, "commands")):
        found = [quantity.get("name") for quantity in quantities]
        if not found or len(set(map(str, found))) != len(found):
            raise RefusedError(f"the manifest's {what} are none, or one is there twice")
    for quantity in manifest.sensors + manifest.commands:
        if not (is_name(quantity.get("name")) and is_shape(quantity.get("shape"))):
            raise RefusedError(
                f"the manifest has an input or output without a name or a shape: {quantity}"
            )
        if "grid" in quantity and not is_grid(quantity["grid"], len(quantity["shape"])):
            raise RefusedError(
                f"the manifest's {quantity['name']} has a grid that is not a start and a positive "
                "step for each axis"
            )
        per_joint = quantity in manifest.commands or quantity["name"] in PER_JOINT_SENSORS
        if per_joint and quantity["shape"] != joints:
            raise RefusedError(f"the manifest's {quantity['name']} is not one for each joint")


def _check_names(found: set[str]) -> None:
    """See that no field is missing and none is unknown."""
    known = {field.name for field in fields(Manifest)}
    again = "export the bundle again with this version"
    if found != known:
        lacks = f"lacks {', '.join(sorted(known - found))}" if known - found else ""
        adds = f"has {', '.join(sorted(found - known))}" if found - known else ""
        raise RefusedError(f"the manifest {' and '.join(filter(None, (lacks, adds)))}; {again}")


def _check_schema(schema: object) -> None:
    if type(schema) is not int:
        raise RefusedError("the manifest's schema is not of the type int")
    if schema != SCHEMA:
        raise SchemaError(
            f"the bundle has schema {schema}, this version reads {SCHEMA}; export it again: "
            "python -m deploy export --policy NAME --key KEY",
            schema,
        )


def _check_signs(manifest: Manifest) -> None:
    """See that figures are finite, and positive where nothing else makes sense."""
    for field in fields(manifest):
        value = getattr(manifest, field.name)
        if field.type not in ("float", "tuple[float, ...]"):
            continue
        figures = value if isinstance(value, tuple) else (value,)
        # As the program and the motor drivers have them: 32-bit floats.
        if not all(abs(figure) <= LARGEST for figure in figures):
            raise RefusedError(f"the manifest's {field.name} is not finite")
        if field.name in POSITIVE and min(figures) <= 0:
            raise RefusedError(f"the manifest's {field.name} is not positive")
        if field.name in NOT_NEGATIVE and min(figures) < 0:
            raise RefusedError(f"the manifest's {field.name} is negative")
    if manifest.min_battery >= 1:
        raise RefusedError("the manifest's min_battery is not between 0 and 1")
