"""The robot's own height map on the controller's grid."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from deploy.bundle.describe import facts
from deploy.runtime.links import go2_map
from deploy.runtime.links.go2_map import Pose
from envs.robots.go2 import GO2

SENSOR = next(sensor for sensor in facts(GO2)["sensors"] if sensor["name"] == "height_map")
CELL = 0.06


def message(heights: Any, **changes: Any) -> Any:
    """A map message of `heights(x, y)`, its corner at (-2, -3)."""
    y, x = np.meshgrid(-3 + CELL * np.arange(128), -2 + CELL * np.arange(128), indexing="ij")
    values = {
        "width": 128,
        "height": 128,
        "resolution": CELL,
        "origin": [-2.0, -3.0],
        "data": np.asarray(heights(x, y), float).ravel().tolist(),
    }
    return SimpleNamespace(**(values | changes))


def sampled(said: Any, pose: Pose) -> np.ndarray:
    return go2_map.sample(
        cells=go2_map.cells_of(said),
        origin=said.origin,
        resolution=said.resolution,
        pose=pose,
        grid=SENSOR["grid"],
        shape=SENSOR["shape"],
    )


def test_the_grid_is_turned_with_the_robot_and_heights_are_above_its_base() -> None:
    pose = Pose(x=1.0, y=0.5, z=0.3, yaw=0.7)
    found = sampled(message(lambda x, y: 0.2 * x - 0.1 * y), pose)
    assert found.shape == (29, 7)
    assert found.dtype == np.float32
    ahead, aside = np.meshgrid(
        -0.5 + 0.05 * np.arange(29), -0.3 + 0.1 * np.arange(7), indexing="ij"
    )
    x = 1.0 + math.cos(0.7) * ahead - math.sin(0.7) * aside
    y = 0.5 + math.sin(0.7) * ahead + math.cos(0.7) * aside
    # Half a cell of this slope in either direction.
    np.testing.assert_allclose(found, 0.2 * x - 0.1 * y - 0.3, atol=0.3 * CELL / 2 + 1e-6)


def test_a_riser_stays_a_riser() -> None:
    found = sampled(message(lambda x, y: 0.17 * (x >= 0.5)), Pose(x=0.0, y=0.0, z=0.27, yaw=0.0))
    assert set(np.round(np.unique(found), 4)) == {np.float32(-0.27), np.float32(-0.1)}


def test_what_was_not_seen_or_lies_outside_is_missing() -> None:
    found = sampled(
        message(lambda x, y: np.where(y > 0, 1e9, 0.0)), Pose(x=0.0, y=0.0, z=0.0, yaw=0.0)
    )
    assert np.isnan(found[:, -1]).all()
    assert not np.isnan(found[:, 0]).any()
    assert np.isnan(sampled(message(lambda x, y: 0 * x), Pose(x=1e6, y=0.0, z=0.0, yaw=0.0))).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 0},
        {"width": 64},
        {"width": 2**31, "height": 2**31},
        {"data": []},
        {"resolution": 0.0},
        {"resolution": float("nan")},
        {"origin": [0.0, float("inf")]},
    ],
)
def test_maps_that_contradict_themselves_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a map"):
        go2_map.cells_of(message(lambda x, y: 0 * x, **wrong))


def pose_message(
    position: tuple[float, float, float], orientation: tuple[float, float, float, float]
) -> Any:
    at, turned = (
        SimpleNamespace(**dict(zip("xyzw", part, strict=False))) for part in (position, orientation)
    )
    return SimpleNamespace(pose=SimpleNamespace(position=at, orientation=turned))


def test_a_poses_heading_is_that_of_its_quaternion() -> None:
    pose = go2_map.pose_of(pose_message((1.0, 2.0, 3.0), (0.0, 0.0, math.sin(0.6), math.cos(0.6))))
    assert pose == pytest.approx((1.0, 2.0, 3.0, 1.2))


@pytest.mark.parametrize(
    "wrong",
    [
        ((float("nan"), 0, 0), (0, 0, 0, 1)),
        ((0, 0, 0), (0, 0, 0, 0)),
        ((0, 0, 0), (0, float("inf"), 0, 1)),
    ],
)
def test_poses_that_cannot_be_meant_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="a pose"):
        go2_map.pose_of(pose_message(*wrong))
