"""The hand-written schedule under a tracked robot's policy: flippers that lie on the ground as the
height map shows it, ahead and behind.

Seen from a flipper's axis, ground at a distance d and a height h does not reach into the flipper
while its track's line leans by at least

    atan2(h, d) + asin(radius / sqrt(d^2 + h^2))

to the level: the tangent from the point to the circle round the axis. The largest such angle over
the flipper's reach lets it rest on the ground's highest edge: it rises before a step, lies along a
flight, and goes down over the last edge before the body does.
"""

import torch
from torch import Tensor


def resting(heights: Tensor, distance: Tensor, radius: float) -> Tensor:
    """Lean of the track's line over the level [rad], (E, F), at which flippers rest on ground of
    `heights` (E, F, D) above their axes, at `distance` (D,) outwards [m].
    """
    reach = torch.sqrt(distance * distance + heights * heights)
    return (torch.atan2(heights, distance) + torch.asin(torch.clamp(radius / reach, max=1.0))).amax(
        -1
    )
