"""Whether a command keeps the limits of a manifest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.link import Array


def violation(about: Manifest, commands: Sequence[Array]) -> str | None:
    """What is wrong with the program's commands of one step, in the manifest's order, or None."""
    position, velocity, torque, kp, kd = commands
    # The manifest's figures as the program knows them: 32-bit floats.
    lower, upper, speed, peak, stiff, damp = (
        np.array(getattr(about, name), np.float32)
        for name in ("lower", "upper", "target_speed_limit", "torque_limit", "kp", "kd")
    )
    if not all(part.shape == lower.shape and np.isfinite(part).all() for part in commands):
        return "not finite, or not one for each joint"
    rules = {
        "a position": (position >= lower) & (position <= upper),
        "a velocity": np.abs(velocity) <= speed,
        "a torque": np.abs(torque) <= peak,
        "a gain": (kp == stiff) & (kd == damp),
    }
    return next(
        (f"{name} outside the limits" for name, kept in rules.items() if not kept.all()), None
    )
