"""What a legged robot feels through its standing feet: the ground under it, and its own speed."""

import math

import torch
from torch import Tensor, nn

from envs.robots.spec import RobotSpec


class FeltGround(nn.Module):
    """Leg odometry, and the plane that the standing feet are on."""

    def __init__(self, spec: RobotSpec) -> None:
        super().__init__()
        trot = spec.trot
        # TorchScript sees attributes, not a module's globals.
        self.control_step = spec.control_step
        self.foot_radius = spec.legs.foot_radius
        self.steepest = math.tan(trot.max_pitch)
        self.odometry_smoothing = spec.control_step / trot.odometry_time
        self.odometry_limit = trot.odometry_limit

    def standing(self, swung: Tensor) -> Tensor:
        """1 for feet that stand, 0 for those that `swung`, (E, L).

        All feet stand before the first step.
        """
        swung = swung & ~swung.all(1, keepdim=True)
        return (~swung).to(torch.float32)

    def plane(self, feet: Tensor, stands: Tensor) -> tuple[Tensor, Tensor]:
        """Height under the base's origin [m] and slope of the felt ground, each (E,).

        The slope is the rise over run of the line that the standing feet are on. This is what a
        robot without a map feels.

        Args:
            feet: centres of the feet in the level frame [m], (E, L, 3).
            stands: result of `standing`, (E, L).
        """
        x, z = feet[..., 0], feet[..., 2] - self.foot_radius
        count = stands.sum(1)
        middle = (x * stands).sum(1) / count
        level = (z * stands).sum(1) / count
        away = (x - middle.unsqueeze(1)) * stands
        # Feet that are nearly under each other say nothing about the slope.
        slope = (away * z).sum(1) / torch.clamp((away * away).sum(1), min=0.01)
        slope = torch.clamp(slope, -self.steepest, self.steepest)
        return level - slope * middle, slope

    def velocity(self, feet: Tensor, before: Tensor, stands: Tensor, smoothed: Tensor) -> Tensor:
        """Smoothed velocity of the base in the level frame [m/s], (E, 3).

        A standing foot stays where it is, so the body moves against the motion of its feet.

        Args:
            feet: centres of the feet in the level frame now [m], (E, L, 3).
            before: centres of the feet a control step ago [m], (E, L, 3).
            stands: result of `standing`, (E, L).
            smoothed: the smoothed velocity a control step ago [m/s], (E, 3).
        """
        stands = stands.unsqueeze(-1)
        speed = (before - feet) / self.control_step
        velocity = (speed * stands).sum(1) / stands.sum(1)
        velocity = torch.clamp(velocity, -self.odometry_limit, self.odometry_limit)
        return smoothed + self.odometry_smoothing * (velocity - smoothed)
