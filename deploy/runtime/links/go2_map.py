"""The robot's own height map on the controller's grid.

The robot draws its map in a frame of its own, fixed to the ground, and says in the same frame where
it is. Source: Unitree's description of the LiDAR service (cell [ix, iy] is data[width * iy + ix],
at origin + resolution * index).
"""

from __future__ import annotations

import math
from typing import Any, Mapping, NamedTuple

import numpy as np

from deploy.runtime.link import Array
from deploy.runtime.links.go2_messages import EMPTY_CELL

LARGEST = 1_000_000
"""Largest number of cells that can be meant."""
FARTHEST = 1e4
"""Distance of a robot from where its map began that can be meant, along each axis [m]."""
FINEST = 0.005
"""Smallest size of a cell that can be meant [m]."""
COARSEST = 0.5
"""Largest size of a cell that can be meant [m]."""


class Pose(NamedTuple):
    """Where the base's origin is in the map's frame."""

    x: float
    y: float
    z: float
    yaw: float


def pose_of(message: Any) -> Pose:
    """The pose that a message says.

    Raises:
        ValueError: it is not finite, out of this world, or has no attitude.
    """
    at = message.pose.position
    turned = message.pose.orientation
    x, y, z, w = (float(part) for part in (turned.x, turned.y, turned.z, turned.w))
    size = x * x + y * y + z * z + w * w
    pose = Pose(
        x=at.x, y=at.y, z=at.z, yaw=math.atan2(2 * (w * z + x * y), w * w + x * x - y * y - z * z)
    )
    near = all(abs(part) <= FARTHEST for part in pose[:3])
    if not (near and math.isfinite(pose.yaw) and 0.8 < size < 1.2):
        raise ValueError("a pose that is not finite, out of this world, or has no attitude")
    return pose


def cells_of(message: Any) -> Array:
    """The cells of a map message, (width, height), NaN where nothing was seen.

    Raises:
        ValueError: its figures contradict each other, or cannot be meant.
    """
    width = message.width
    height = message.height
    if not 0 < width * height <= LARGEST or len(message.data) != width * height:
        raise ValueError(f"a map of {width} x {height} cells with {len(message.data)} heights")
    if not (FINEST <= message.resolution <= COARSEST and np.isfinite(message.origin).all()):
        raise ValueError(f"a map with cells of {message.resolution} m at {message.origin}")
    cells = np.array(message.data, np.float32).reshape(height, width).T
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(cells) < 0.1 * EMPTY_CELL, cells, np.float32(np.nan))


def sample(
    cells: Array,
    origin: tuple[float, float],
    resolution: float,
    pose: Pose,
    grid: Mapping[str, Any],
    shape: tuple[int, int],
) -> Array:
    """Heights above the base's origin [m] on the grid of the manifest, level frame, (X, Y); NaN:
    not seen, or outside the map.

    Each point takes the cell that it lies in: a mean of two cells would make a slope of every
    riser.
    """
    x, y = np.meshgrid(
        *(
            start + step * np.arange(count)
            for start, step, count in zip(grid["start"], grid["step"], shape)
        ),
        indexing="ij",
    )
    cosine = math.cos(pose.yaw)
    sine = math.sin(pose.yaw)
    # As floats until the border is checked: a robot that believes itself a light year away must not
    # wrap around.
    column = np.rint((pose.x + cosine * x - sine * y - origin[0]) / resolution)
    row = np.rint((pose.y + sine * x + cosine * y - origin[1]) / resolution)
    inside = (column >= 0) & (column < cells.shape[0]) & (row >= 0) & (row < cells.shape[1])
    index = tuple(np.where(inside, part, 0).astype(np.int64) for part in (column, row))
    return np.where(inside, cells[index] - np.float32(pose.z), np.float32(np.nan)).astype(
        np.float32
    )
