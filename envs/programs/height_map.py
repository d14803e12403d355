"""The height map as the controller uses it.

Holes are filled, a plane is fitted through the ground under the body, and heights are read at
points.
"""

import torch
from torch import Tensor, nn

from envs.programs.sensors import (
    MAP_X_COUNT,
    MAP_X_START,
    MAP_X_STEP,
    MAP_Y_COUNT,
    MAP_Y_START,
    MAP_Y_STEP,
)


class HeightMap(nn.Module):
    """Reads a height map (E, X, Y), level frame, heights above the base's origin [m].

    Args:
        reach: the plane is fitted over |x| < reach [m], both sides, and |y| < 0.25 m.
    """

    x: Tensor
    y: Tensor
    slope_weight: Tensor
    mean_weight: Tensor

    def __init__(self, reach: float = 0.42) -> None:
        super().__init__()
        # TorchScript sees attributes, not a module's globals.
        self.x_start = MAP_X_START
        self.x_step = MAP_X_STEP
        self.x_count = MAP_X_COUNT
        self.y_start = MAP_Y_START
        self.y_step = MAP_Y_STEP
        self.y_count = MAP_Y_COUNT
        x = MAP_X_START + MAP_X_STEP * torch.arange(MAP_X_COUNT, dtype=torch.float32)
        y = MAP_Y_START + MAP_Y_STEP * torch.arange(MAP_Y_COUNT, dtype=torch.float32)
        inside = ((x.abs() < reach)[:, None] & (y.abs() < 0.25)[None, :]).float()
        self.register_buffer("x", x)
        self.register_buffer("y", y)
        self.register_buffer("mean_weight", inside / inside.sum())
        # Least squares over points that are symmetric in x: slope = sum(x h) / sum(x x), height =
        # mean(h).
        self.register_buffer("slope_weight", inside * x[:, None] / (inside * x[:, None] ** 2).sum())

    def fill(self, heights: Tensor, felt_height: Tensor, felt_slope: Tensor) -> Tensor:
        """The map without holes.

        A missing cell takes the mean of its row (same x), an empty row the row behind it. Rows
        before the first that was seen, and a map without any seen cell, are the felt ground: its
        height under the base's origin [m] and its slope, (E,) each.
        """
        heights = torch.clamp(heights, -2.0, 2.0)
        seen = ~torch.isnan(heights)
        count = seen.sum(-1, dtype=torch.int32)
        total = torch.nan_to_num(heights, nan=0.0).sum(-1)
        felt = felt_height.unsqueeze(1) + felt_slope.unsqueeze(1) * self.x
        index = torch.arange(self.x_count, device=heights.device).expand_as(count)
        latest = torch.cummax(torch.where(count > 0, index, torch.full_like(index, -1)), 1).values
        row = torch.gather(total / count.clamp(min=1), 1, latest.clamp(min=0))
        row = torch.where(latest >= 0, row, felt)
        return torch.where(seen, heights, row.unsqueeze(-1))

    def plane(self, heights: Tensor) -> tuple[Tensor, Tensor]:
        """Height under the base's origin [m] and slope of the plane through the ground, each (E,).

        The plane is fitted to the ground under the body; the slope is its rise over run along x.
        """
        return (heights * self.mean_weight).sum((1, 2)), (heights * self.slope_weight).sum((1, 2))

    def over_plane(
        self, heights: Tensor, height: Tensor, slope: Tensor, x: Tensor, y: Tensor
    ) -> Tensor:
        """Height of points (E, P) of the ground over the plane through the ground [m], (E, P).

        The plane is that under the body: its `height` [m] and `slope` [rise over run] are (E,)
        each.
        """
        return self.at(heights, x, y) - height.unsqueeze(1) - slope.unsqueeze(1) * x

    def at(self, heights: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Bilinear height at points (E, P) of the level frame [m].

        Points outside of the map are moved to its border.
        """
        column = torch.clamp((x - self.x_start) / self.x_step, 0.0, self.x_count - 1.001)
        row = torch.clamp((y - self.y_start) / self.y_step, 0.0, self.y_count - 1.001)
        i, j = column.floor(), row.floor()
        u, v = column - i, row - j
        index = (i * self.y_count + j).long()
        flat = heights.flatten(1)
        near = flat.gather(1, index) * (1 - v) + flat.gather(1, index + 1) * v
        far = (
            flat.gather(1, index + self.y_count) * (1 - v)
            + flat.gather(1, index + self.y_count + 1) * v
        )
        return near * (1 - u) + far * u
