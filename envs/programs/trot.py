"""The trot under a policy: its clock, its strides, and where feet go over the ground."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from envs.programs import gait
from envs.robots.spec import RobotSpec


class Clock(NamedTuple):
    """Progress of E robots in their gait cycle."""

    phase: Tensor
    """Phase of the gait [cycles], (E,)."""
    frequency: Tensor
    """Frequency of the gait [Hz], (E,)."""
    swings: Tensor
    """Which feet swing, (E, L)."""
    swing: Tensor
    """Share of the swing that is done, (E, L); 0 in stance."""
    stance: Tensor
    """Share of the stance that is done, (E, L); 0 in swing."""


class Path(NamedTuple):
    """Positions of the feet of E robots now, and points on the path of those that swing."""

    x: Tensor
    """Forward position of each foot in the level frame [m], (E, L)."""
    y: Tensor
    """Position of each foot to the left in the level frame [m], (E, L)."""
    way: Tensor
    """Forward positions of four points on the path of each foot [m], (E, 4 L)."""


class Trot(nn.Module):
    """The trot of one robot with L legs."""

    offsets: Tensor
    foot_range: Tensor
    hip_x: Tensor
    below_y: Tensor

    def __init__(self, spec: RobotSpec) -> None:
        super().__init__()
        trot = spec.trot
        hips = torch.tensor(spec.legs.hip_in_base, dtype=torch.float32)
        out = torch.tensor(spec.legs.abduction, dtype=torch.float32)
        self.legs = len(spec.legs.names)
        # TorchScript sees attributes, not a module's globals.
        self.control_step = spec.control_step
        self.base_frequency = trot.frequency
        self.frequency_range = trot.frequency_range
        self.duty = trot.duty
        self.shift = trot.shift
        self.rise = trot.rise
        self.clearance = trot.clearance
        self.level_gain = trot.level_gain
        self.level_damping = trot.level_damping
        self.register_buffer("offsets", torch.tensor(trot.offsets, dtype=torch.float32))
        self.register_buffer("foot_range", torch.tensor(trot.foot_range, dtype=torch.float32))
        self.register_buffer("hip_x", hips[:, 0].clone())
        self.register_buffer("below_y", hips[:, 1] + out * (1 + trot.widen / out.abs()))

    def clock(self, phase: Tensor, action: Tensor, pace: Tensor) -> Clock:
        """The clock one control step later.

        Args:
            phase: phase before the step [cycles], (E,).
            action: the smoothed action, (E, A); its last element shifts the frequency.
            pace: 0 for robots that are told to stand, 1 for robots that walk, (E, 1).
        """
        frequency = self.base_frequency + self.frequency_range * action[:, -1]
        phase = torch.remainder(phase + self.control_step * frequency * pace[:, 0], 1.0)
        swings, swing, stance = gait.progress(phase, self.offsets, self.duty)
        swings = swings & (pace > 0)
        return Clock(phase=phase, frequency=frequency, swings=swings, swing=swing, stance=stance)

    def residual(self, action: Tensor) -> Tensor:
        """Displacement of the feet by an action (E, A), level frame [m], (E, L, 3)."""
        return action[:, :-1].reshape(-1, self.legs, 3) * self.foot_range

    def stride(self, command: Tensor, frequency: Tensor) -> tuple[Tensor, Tensor]:
        """Displacement of each foot in one stance, forward and to the left [m], (E, L) each.

        It is the commanded twist at the hip times the duration of the stance.
        """
        duration = (self.duty / frequency).unsqueeze(1)
        speed = command[:, :1]
        yaw = command[:, 1:2]
        return (speed - yaw * self.below_y) * duration, yaw * self.hip_x * duration

    def path(self, clock: Clock, command: Tensor, residual: Tensor, pitch: Tensor) -> Path:
        """Path of the feet over the ground.

        Args:
            clock: clock of the gait.
            command: forward speed [m/s], yaw rate [rad/s], (E, 2).
            residual: displacement of the feet by the policy [m], (E, L, 3).
            pitch: pitch of the body [rad], (E, 1).
        """
        stride_x, stride_y = self.stride(command, clock.frequency)
        along = gait.travel(clock.swings, clock.swing, clock.stance)
        middle_x = self.hip_x * torch.cos(pitch) + self.shift + residual[..., 0]
        y = self.below_y + residual[..., 1] + stride_y * along
        x = middle_x + stride_x * along
        # While a foot swings from -S/2 to +S/2 the body moves on by S: over the ground the foot's
        # path is 2 S long.
        ratio = (1 - self.duty) / self.duty
        left_at = middle_x - stride_x * (0.5 + ratio * clock.swing)
        way = (1 + ratio) * stride_x * clock.swings
        here = torch.where(clock.swings, left_at, x)
        return Path(x=x, y=y, way=torch.cat([here + way * (k / 3) for k in range(4)], 1))

    def lift(
        self, clock: Clock, over_plane: Tensor, foothold: Tensor, swung: Tensor, pace: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Height of each foot's sole over the plane, and of its last foothold [m], (E, L) each.

        Args:
            clock: clock of the gait.
            over_plane: height of the ground over the plane on each foot's path [m], (E, 4 L).
            foothold: height of each foot's previous foothold [m], (E, L).
            swung: which feet swung in the step before, (E, L).
            pace: 0 for robots that are told to stand, 1 for robots that walk, (E, 1).
        """
        heights = over_plane.reshape(-1, 4, self.legs)
        landing = heights[:, 3]
        foothold = torch.where(swung & ~clock.swings, landing, foothold)
        apex = torch.maximum(heights.amax(1), foothold) + self.clearance * pace
        lifted = gait.lift(
            swing=clock.swing, start=foothold, apex=apex, end=landing, rise=self.rise
        )
        return torch.where(clock.swings, lifted, foothold), foothold

    def levelling(self, up: Tensor, rates: Tensor, pitch: Tensor) -> Tensor:
        """Lifts that level a body which tilts away from the pitch of the ground [m], (E, L).

        They stretch the legs on the low side, for the tilt and for its rate.

        Args:
            up: unit vector against gravity in the base frame, (E, 3).
            rates: angular velocity of the base in the base frame [rad/s], (E, 3).
            pitch: pitch of the ground under the body [rad], (E, 1).
        """
        lean = self.level_gain * up[:, 1:2] + self.level_damping * rates[:, 0:1]
        nose = (
            self.level_gain * (up[:, 0:1] - torch.sin(pitch)) - self.level_damping * rates[:, 1:2]
        )
        return lean * self.below_y + nose * self.hip_x
