"""Say what is in a bundle, without loading any of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from deploy.runtime.bundle import archive, manifest
from deploy.runtime.disk import read


@dataclass(frozen=True)
class InspectConfig:
    """Say what is in a bundle. Its form and hashes are checked, its signature is not: that needs a
    key, see `deploy verify`.
    """

    bundle: Annotated[Path, tyro.conf.Positional]
    """The bundle."""


def inspect(config: InspectConfig) -> str:
    """The bundle's manifest in words.

    Raises:
        RefusedError: the form or a hash is wrong.
        DeployError: it cannot be read.
    """
    files = archive.unpack(read(config.bundle, archive.LARGEST))
    about = manifest.from_bytes(files[archive.MANIFEST])
    archive.check_files(about, files)
    joints = zip(
        about.motor_index,
        about.joint_names,
        about.lower,
        about.upper,
        about.torque_limit,
        about.kp,
        about.kd,
        strict=True,
    )
    lines = [
        f"{about.name} {about.version} for {about.robot}; the signature was not checked",
        "",
        "motor  joint  position [rad]  torque [N m]  kp  kd",
    ]
    lines += [
        f"{index:5d}  {name:<16s}  {low:8.4f} ..{high:8.4f}  {torque:6.2f}  {kp:g}  {kd:g}"
        for index, name, low, high, torque, kp, kd in joints
    ]
    lines += [
        "",
        f"control period {about.control_period:g} s, tilt at most {about.max_tilt:g} rad, sensors "
        f"at most {about.max_state_age:g} s old",
        f"time to stand up {about.gather_time + about.rise_time:g} s, to sit down "
        f"{about.sit_time:g} s",
    ]
    lines += [
        f"{kind}: {item['name']} {item['shape']} [{item['unit']}]"
        for kind in ("sensors", "commands")
        for item in getattr(about, kind)
    ]
    lines += [
        "",
        *(f"{key}: {value}" for key, value in (about.versions | about.provenance).items()),
        "",
    ]
    lines += [f"{digest}  {len(files[name]):>8d}  {name}" for name, digest in about.files.items()]
    return "\n".join(lines)
