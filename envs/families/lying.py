"""How a tracked robot is put down on the ground: flippers flat, on the highest edges under it,
pitched as it would come to rest.
"""

import numpy as np
from numpy.typing import NDArray

from envs import frames
from envs.robots.spec import RobotSpec
from envs.task.scenario import Scenario

Array = NDArray[np.float64]

SLOPES = np.linspace(-1.2, 1.2, 241)
"""Rise over run; steeper than any flight that can be built."""
MARGIN = 0.002
"""It falls so far [m]."""


def lie(
    spec: RobotSpec, scenario: Scenario, heights: Array, points: Array
) -> tuple[Array, tuple[float, ...], Array]:
    """Base position [m], quaternion xyzw and joint positions [rad] of a robot lying on the ground.

    A stiff line over the ground rests where its middle is lowest, because there its weight is: of
    all slopes, the one whose line touches the ground lowest at x = 0.

    Args:
        heights: of the ground under `points` [m], (P,).
        points: of the ground that can touch the tracks, level frame [m], (P, 2).
    """
    touching = (heights - SLOPES[:, None] * points[:, 0]).max(1)
    best = int(touching.argmin())
    pitch = float(np.arctan(SLOPES[best]))
    base = np.array(
        [scenario.x, scenario.y, touching[best] + spec.tracks.radius / np.cos(pitch) + MARGIN]
    )
    return base, frames.quaternion_from_yaw_pitch(scenario.world_yaw, pitch), np.array(spec.stance)


def under_the_tracks(spec: RobotSpec) -> Array:
    """Points under both rows of tracks from tip to tip, level frame [m], (P, 2)."""
    tracks = spec.tracks
    reach = max(abs(x) for x, _, _ in tracks.axis_in_base) + tracks.length
    x, y = np.meshgrid(
        np.linspace(-reach, reach, 57),
        sorted({y for _, y, _ in tracks.axis_in_base}),
        indexing="ij",
    )
    return np.column_stack([x.ravel(), y.ravel()])
