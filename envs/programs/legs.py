"""The legs of one robot: where its feet are, and which joint positions put them there."""

import torch
from torch import Tensor, nn

from envs.programs import leg
from envs.programs.joint_order import inverse, reorder
from envs.robots.spec import RobotSpec


class Legs(nn.Module):
    """L legs of three joints, ordered leg by leg: hip, thigh, calf; (E, 3 L).

    `to_legs` puts values from the vendor's motor order into this order, `to_motors` puts them back.
    """

    hip: Tensor
    abduction: Tensor
    lower: Tensor
    upper: Tensor
    peak: Tensor
    stance: Tensor
    leg_order: Tensor

    def __init__(self, spec: RobotSpec) -> None:
        super().__init__()
        geometry = spec.legs
        order = spec.leg_order
        self.count = len(geometry.names)
        self.to_legs = reorder(order)
        self.to_motors = reorder(inverse(order))
        # TorchScript sees attributes, not a module's globals.
        self.thigh = geometry.thigh
        self.calf = geometry.calf

        def by_legs(values: tuple[float, ...]) -> tuple[float, ...]:
            return tuple(values[joint] for joint in order)

        for name, values in (
            ("hip", geometry.hip_in_base),
            ("abduction", geometry.abduction),
            ("lower", by_legs(spec.lower)),
            ("upper", by_legs(spec.upper)),
            ("peak", by_legs(spec.torque_limit)),
            ("stance", by_legs(spec.stance)),
        ):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32))
        # For the numpy twin, which reads a controller's figures by name.
        self.register_buffer("leg_order", torch.tensor(order))

    def feet_in_level(self, joints: Tensor, up: Tensor) -> Tensor:
        """Centres of the feet in the level frame [m], (E, L, 3).

        Args:
            joints: joint positions [rad], (E, 3 L).
            up: unit vector against gravity in the base frame, (E, 3).
        """
        feet = (
            leg.foot_position(
                joints=joints.reshape(-1, self.count, 3),
                abduction=self.abduction,
                thigh=self.thigh,
                calf=self.calf,
            )
            + self.hip
        )
        ux = up[:, 0:1]
        uy = up[:, 1:2]
        uz = up[:, 2:3]
        across = torch.sqrt(torch.clamp(uy * uy + uz * uz, min=1e-6))
        ly, lz = uz / across, -uy / across
        fx = ly * uz - lz * uy
        fy = lz * ux
        fz = -ly * ux
        x = feet[..., 0]
        y = feet[..., 1]
        z = feet[..., 2]
        return torch.stack(
            [x * fx + y * fy + z * fz, y * ly + z * lz, x * ux + y * uy + z * uz], -1
        )

    def joints_for(self, x: Tensor, y: Tensor, z: Tensor, pitch: Tensor) -> Tensor:
        """Joint positions that put the feet at points of the level frame [rad], (E, 3 L).

        The positions are within the joints' limits.

        Args:
            x, y, z: coordinates of the feet in the level frame [m], (E, L) each.
            pitch: pitch of the body [rad], (E, 1).
        """
        sine = torch.sin(pitch)
        cosine = torch.cos(pitch)
        foot = torch.stack([x * cosine + z * sine, y, z * cosine - x * sine], -1) - self.hip
        joints = leg.joint_position(
            foot=foot, abduction=self.abduction, thigh=self.thigh, calf=self.calf
        ).flatten(1)
        return torch.clamp(joints, self.lower, self.upper)

    def support(self, joints: Tensor, up: Tensor, force: Tensor) -> Tensor:
        """Joint torques with which the feet press on the ground [N m], (E, 3 L).

        The torques are within the joints' limits.

        Args:
            joints: joint positions [rad], (E, 3 L).
            up: unit vector against gravity in the base frame, (E, 3).
            force: force of each foot [N], (E, L).
        """
        torque = leg.support_torque(
            joints=joints.reshape(-1, self.count, 3),
            up=up,
            force=force,
            abduction=self.abduction,
            thigh=self.thigh,
            calf=self.calf,
        ).flatten(1)
        return torch.clamp(torque, -self.peak, self.peak)
