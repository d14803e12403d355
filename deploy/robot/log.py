"""Read a black box: what happened, in words and pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from deploy.runtime.errors import DeployError
from deploy.runtime.loop import blackbox
from deploy.runtime.safety.attitude import gravity_in_base

Records = NDArray[np.void]
About = dict[str, Any]
"""What a black box says of its robot: JSON."""


@dataclass(frozen=True)
class LogConfig:
    """Read a robot's black box: words, and pictures of joints, attitude and timing."""

    file: Annotated[Path, tyro.conf.Positional]
    """The black box."""
    out: Path = Path("out/log")
    """Folder for the pictures: joints.png, attitude.png, timing.png."""


def log(config: LogConfig) -> str:
    """What happened, after the pictures were drawn.

    Raises:
        DeployError: it is no black box, it is empty, or a picture cannot be written.
    """
    about, records = blackbox.read(config.file)
    if not len(records):
        raise DeployError(f"{config.file} has no ticks in it: the loop ended before the first")
    time = records["now"] - records["now"][0]
    try:
        config.out.mkdir(parents=True, exist_ok=True)
        for name, draw in PICTURES.items():
            figure = Figure(figsize=(12, 8), layout="constrained")
            draw(figure, about, time, records)
            figure.savefig(config.out / f"{name}.png", dpi=100)
    except OSError as error:
        raise DeployError(f"cannot write to {config.out}: {error.strerror}") from error
    return "\n".join([*story(about, time, records), f"pictures in {config.out}"])


def story(about: About, time: Records, records: Records) -> list[str]:
    """A line for each change of state and each guard that trips, and a summary of the timing."""
    lines = [
        f"{about['bundle']} {about['version']} for {about['robot']}: {len(records)} ticks, "
        f"{time[-1]:.1f} s"
    ]
    before = None
    said = 0
    for at, state, trips in zip(time, records["state"], records["trips"], strict=True):
        new = [name for bit, name in enumerate(about["guards"]) if int(trips) & ~said & 1 << bit]
        if state != before or new:
            lines.append(f"{at:8.2f} s  {about['states'][state]:<8s}  {', '.join(new)}".rstrip())
        before = state
        said = int(trips)
    late = 1e3 * records["late"]
    took = 1e3 * records["took"]
    for name, values in (("late", late), ("took", took)):
        p50, p99, most = np.percentile(values, [50, 99, 100])
        lines.append(
            f"a tick {'began late by' if name == 'late' else 'took'}: p50 {p50:.2f} ms, p99 "
            f"{p99:.2f} ms, most {most:.2f} ms"
        )
    missing = int(np.diff(records["number"].astype(np.int64)).sum() - (len(records) - 1))
    return [*lines, f"{missing} torn records were left out"] if missing else lines


def _joints(figure: Figure, about: About, time: Records, records: Records) -> None:
    rows = (len(about["joints"]) + 2) // 3
    for joint, (name, axes) in enumerate(
        zip(about["joints"], np.ravel(figure.subplots(rows, 3, sharex=True)), strict=False)
    ):
        axes.plot(
            time,
            records["commanded_position"][:, joint],
            color="#d9772b",
            linewidth=0.8,
            label="commanded",
        )
        axes.plot(
            time,
            records["joint_position"][:, joint],
            color="#1f6fb4",
            linewidth=0.8,
            label="measured",
        )
        axes.set_title(f"{name} [rad]", fontsize=8)
    axes.legend(fontsize=7)


def _attitude(figure: Figure, about: About, time: Records, records: Records) -> None:
    gravity = np.array([gravity_in_base(quaternion) for quaternion in records["quaternion"]])
    upper, middle, lower = figure.subplots(3, sharex=True)
    for name, values in (
        ("roll", np.arctan2(-gravity[:, 1], -gravity[:, 2])),
        ("pitch, nose up", np.arcsin(np.clip(-gravity[:, 0], -1, 1))),
    ):
        upper.plot(time, values, linewidth=0.8, label=f"{name} [rad]")
    for axis, values in zip("xyz", records["angular_velocity"].T, strict=True):
        middle.plot(time, values, linewidth=0.8, label=f"angular velocity {axis} [rad/s]")
    lower.step(time, records["state"], where="post")
    lower.set_yticks(range(len(about["states"])), about["states"])
    _finish(upper, middle)


def _timing(figure: Figure, about: dict[str, object], time: Records, records: Records) -> None:
    upper, middle, lower = figure.subplots(3, sharex=True)
    upper.plot(time, 1e3 * records["late"], linewidth=0.8, label="tick began late by [ms]")
    upper.plot(time, 1e3 * records["took"], linewidth=0.8, label="tick took [ms]")
    middle.plot(
        time,
        1e3 * (records["now"] - records["received"]),
        linewidth=0.8,
        label="age of the robot's message [ms]",
    )
    middle.plot(
        time,
        1e3 * np.where(np.isfinite(records["map_age"]), records["map_age"], np.nan),
        linewidth=0.8,
        label="age of the height map [ms]",
    )
    lower.plot(time, records["temperature"].max(1), linewidth=0.8, label="hottest motor [degC]")
    lower.plot(time, 100 * records["battery"], linewidth=0.8, label="battery [%]")
    _finish(upper, middle, lower)


def _finish(*all_axes: Axes) -> None:
    for axes in all_axes:
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, loc="upper left")
    all_axes[-1].set_xlabel("time [s]")


PICTURES: dict[str, Callable[[Figure, dict[str, object], Records, Records], None]] = {
    "joints": _joints,
    "attitude": _attitude,
    "timing": _timing,
}
