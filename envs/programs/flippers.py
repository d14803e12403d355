"""The hand-written schedule under a tracked robot's policy: flippers that lie on the ground.

The height map shows the ground ahead and behind. Seen from a flipper's axis, ground at a distance d
and a height h does not reach into the flipper while its track's line leans by at least

    atan2(h, d) + asin(radius / sqrt(d^2 + h^2))

to the level: the tangent from the point to the circle round the axis. The largest such angle over
the flipper's reach lets it rest on the ground's highest edge. The flipper rises before a step, lies
along a flight, and goes down over the last edge before the body does.
"""

import torch
from torch import Tensor, nn

from envs.programs.sensors import MAP_X_COUNT, MAP_X_START, MAP_X_STEP, MAP_Y_COUNT
from envs.robots.spec import RobotSpec

UNSEEN = -2.0
"""Assumed height of ground beyond the map [m]: the map ends before the rear flippers do."""
STEEPEST = 1.0
"""Limit of the body's slope [rise over run], to either side."""


def resting(heights: Tensor, distance: Tensor, radius: float) -> Tensor:
    """Lean of the track's line over the level at which flippers rest on the ground [rad], (E, F).

    Args:
        heights: heights of the ground above the flippers' axes [m], (E, F, D).
        distance: distances of these points from the axis, outwards [m], (D,).
        radius: radius of the track round the axis [m].
    """
    reach = torch.sqrt(distance * distance + heights * heights)
    return (torch.atan2(heights, distance) + torch.asin(torch.clamp(radius / reach, max=1.0))).amax(
        -1
    )


class Flippers(nn.Module):
    """The scheduled flippers of one robot."""

    axis: Tensor
    outwards: Tensor
    reach: Tensor
    lift: Tensor

    def __init__(self, spec: RobotSpec) -> None:
        super().__init__()
        tracks = spec.tracks
        schedule = spec.schedule
        self.count = len(tracks.names)
        # TorchScript sees attributes, not a module's globals.
        self.radius = tracks.radius
        self.lean = tracks.lean
        self.steepest = STEEPEST
        self.lowest = schedule.lowest
        self.highest = schedule.highest
        self.rear_press = schedule.rear_press
        self.middle = MAP_Y_COUNT // 2
        self.x_start = MAP_X_START
        self.x_step = MAP_X_STEP
        self.x_last = MAP_X_COUNT - 1.001
        self.unseen = UNSEEN
        axis = [x for x, _, _ in tracks.axis_in_base]
        for name, values in (
            ("axis", axis),
            ("outwards", [1.0 if x > 0 else -1.0 for x in axis]),
            ("lift", [schedule.front_lift if x > 0 else schedule.rear_lift for x in axis]),
            ("reach", schedule.reach),
        ):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32))

    def slope(self, up: Tensor) -> Tensor:
        """Slope of the body's own plane [rise over run], (E,).

        `up` is the unit vector against gravity in the base frame, (E, 3).
        """
        level = torch.sqrt(torch.clamp(1 - up[:, 0] * up[:, 0], min=1e-6))
        return torch.clamp(up[:, 0] / level, -self.steepest, self.steepest)

    def profiles(self, ground: Tensor) -> Tensor:
        """Height of the ground under the robot's left and right half, (E, 2, X) [m].

        Heights are above the base's origin, as in the height map `ground` (E, X, Y).
        """
        left = ground[:, :, self.middle + 1 :].mean(2)
        right = ground[:, :, : self.middle].mean(2)
        return torch.stack([left, right], 1)

    def angles(self, up: Tensor, ground: Tensor) -> Tensor:
        """Angles at which the flippers lie on the ground on their own side [rad], (E, F)."""
        slope = self.slope(up)
        pitch = torch.atan(slope)
        profiles = self.profiles(ground)
        profiles = torch.cat([profiles, profiles], 1)
        axis_x = self.axis * torch.cos(pitch).unsqueeze(1)
        axis_z = self.axis * torch.sin(pitch).unsqueeze(1)
        x = axis_x.unsqueeze(-1) + self.outwards.unsqueeze(-1) * self.reach
        place = (x - self.x_start) / self.x_step
        cell = torch.clamp(place, 0.0, self.x_last)
        index = cell.floor().long()
        near = profiles.gather(2, index)
        far = profiles.gather(2, index + 1)
        heights = near + (far - near) * (cell - index) - axis_z.unsqueeze(-1)
        # Ground beyond the map does not lift a flipper.
        heights = torch.where(place == cell, heights, torch.full_like(heights, self.unseen))
        lean = resting(heights, self.reach, self.radius)
        press = self.rear_press * slope.abs().unsqueeze(1) * (self.outwards < 0)
        return torch.clamp(
            lean - self.lean - self.outwards * pitch.unsqueeze(1) + self.lift - press,
            self.lowest,
            self.highest,
        )
