"""The controller's reading of a height map: holes, the plane under the body, heights at points."""

import math

import pytest
import torch
from torch import Tensor

from envs.programs.height_map import HeightMap

FELT = (torch.tensor([-0.26]), torch.tensor([0.3]))
"""Height and slope of the ground under the feet."""


@pytest.fixture(scope="module")
def height_map() -> HeightMap:
    return HeightMap()


def inclined(
    height_map: HeightMap, height: float = -0.3, slope: float = 0.2, across: float = 0.1
) -> Tensor:
    return (height + slope * height_map.x[:, None] + across * height_map.y[None, :])[None]


def test_a_map_without_holes_stays_as_it_is(height_map: HeightMap) -> None:
    heights = inclined(height_map)
    assert torch.equal(height_map.fill(heights, *FELT), heights)


def test_a_missing_cell_takes_the_mean_of_its_row(height_map: HeightMap) -> None:
    heights = inclined(height_map)
    heights[0, 5, :3] = math.nan
    torch.testing.assert_close(
        height_map.fill(heights, *FELT)[0, 5, :3], heights[0, 5, 3:].mean().expand(3)
    )


def test_an_empty_row_takes_the_row_behind_it(height_map: HeightMap) -> None:
    heights = inclined(height_map)
    heights[0, 20:] = math.nan
    torch.testing.assert_close(
        height_map.fill(heights, *FELT)[0, 20:], heights[0, 19].mean().expand(9, 7)
    )


def test_where_nothing_was_seen_behind_the_ground_is_as_it_is_felt(height_map: HeightMap) -> None:
    heights = inclined(height_map)
    heights[0, :4] = math.nan
    felt = inclined(height_map=height_map, height=-0.26, slope=0.3, across=0.0)
    torch.testing.assert_close(height_map.fill(heights, *FELT)[0, :4], felt[0, :4])
    torch.testing.assert_close(height_map.fill(torch.full((1, 29, 7), math.nan), *FELT), felt)


def test_the_plane_through_inclined_ground_is_that_ground(height_map: HeightMap) -> None:
    height, slope = height_map.plane(
        inclined(height_map=height_map, height=-0.3, slope=0.2, across=0.1)
    )
    assert height.item() == pytest.approx(-0.3, abs=1e-6)
    assert slope.item() == pytest.approx(0.2, abs=1e-6)


def test_what_is_far_ahead_does_not_tilt_the_plane(height_map: HeightMap) -> None:
    heights = inclined(height_map, slope=0.0)
    heights[0, 20:] = 1.0
    assert height_map.plane(heights)[1].item() == pytest.approx(0.0, abs=1e-6)


def test_heights_between_cells_are_interpolated(height_map: HeightMap) -> None:
    x, y = torch.tensor([[-0.5, 0.0, 0.013, 0.62]]), torch.tensor([[-0.3, 0.1, -0.07, 0.22]])
    torch.testing.assert_close(height_map.at(inclined(height_map), x, y), -0.3 + 0.2 * x + 0.1 * y)


def test_points_outside_have_the_height_of_the_border(height_map: HeightMap) -> None:
    outside = torch.tensor([[-3.0, 5.0, 0.0, 0.0]])
    border = torch.tensor([[-0.5, 0.9, 0.0, 0.0]])
    far = torch.tensor([[0.0, 0.0, -9.0, 9.0]])
    edge = torch.tensor([[0.0, 0.0, -0.3, 0.3]])
    heights = inclined(height_map)
    torch.testing.assert_close(
        height_map.at(heights, outside, far),
        height_map.at(heights, border, edge),
        rtol=0,
        atol=1e-4,
    )


def test_a_cell_at_infinity_is_cut(height_map: HeightMap) -> None:
    heights = inclined(height_map)
    heights[0, 3, 3] = math.inf
    assert height_map.fill(heights, *FELT).max() == 2.0
