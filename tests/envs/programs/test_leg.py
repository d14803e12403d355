"""Leg kinematics: inverse undoes forward, torques follow the Jacobian, results are finite."""

import pytest
import torch

from envs.programs import leg
from envs.robots.go2 import GO2

ABDUCTION = torch.tensor(GO2.legs.abduction, dtype=torch.float64)
LENGTHS = (GO2.legs.thigh, GO2.legs.calf)


def joints_within_limits(count: int, seed: int) -> torch.Tensor:
    lower = torch.tensor(GO2.lower, dtype=torch.float64)
    upper = torch.tensor(GO2.upper, dtype=torch.float64)
    share = torch.rand(
        count, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)
    )
    return (lower + share * (upper - lower)).reshape(count, 4, 3)


def foot_is_below_the_thigh_joint(joints: torch.Tensor) -> torch.Tensor:
    thigh, calf = LENGTHS
    return (
        thigh * torch.cos(joints[..., 1]) + calf * torch.cos(joints[..., 1] + joints[..., 2])
        > 0.011
    )


def test_inverse_undoes_forward_wherever_a_foot_is_below_the_thigh_joint() -> None:
    joints = joints_within_limits(2000, seed=1)
    below = foot_is_below_the_thigh_joint(joints)
    found = leg.joint_position(leg.foot_position(joints, ABDUCTION, *LENGTHS), ABDUCTION, *LENGTHS)
    assert below.double().mean() > 0.4
    torch.testing.assert_close(found[below], joints[below], rtol=0, atol=1e-9)


def test_single_precision_is_good_for_a_tenth_of_a_millimetre() -> None:
    joints = joints_within_limits(2000, seed=2)
    feet = leg.foot_position(joints, ABDUCTION, *LENGTHS)
    found = leg.joint_position(feet.float(), ABDUCTION.float(), *LENGTHS).double()
    error = (leg.foot_position(found, ABDUCTION, *LENGTHS) - feet).norm(dim=-1)
    assert error[foot_is_below_the_thigh_joint(joints)].max() < 1e-4


def test_a_target_out_of_reach_stretches_the_leg_towards_it() -> None:
    target = torch.tensor([0.4, 0.0, -1.0], dtype=torch.float64).expand(1, 4, 3).clone()
    target[..., 1] = ABDUCTION
    foot = leg.foot_position(leg.joint_position(target, ABDUCTION, *LENGTHS), ABDUCTION, *LENGTHS)
    from_hip = foot - torch.stack([torch.zeros(4), ABDUCTION, torch.zeros(4)], -1)
    assert from_hip.norm(dim=-1).min() > 0.99 * sum(LENGTHS)
    torch.testing.assert_close(
        from_hip[..., 0] / from_hip[..., 2],
        torch.full((1, 4), -0.4, dtype=torch.float64),
        rtol=0.05,
        atol=0,
    )


@pytest.mark.parametrize(
    "target",
    [
        (0.0, 0.0, 0.0),
        (0.0, 0.0, 5.0),
        (0.0, -0.0955, 0.0),
        (1e3, -1e3, 1e3),
        (0.0, 0.0955, 0.0),
        (0.0, -1.0, 1e-12),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_unreachable_targets_stay_finite(
    target: tuple[float, float, float], dtype: torch.dtype
) -> None:
    found = leg.joint_position(
        torch.tensor(target, dtype=dtype).expand(1, 4, 3), ABDUCTION.to(dtype), *LENGTHS
    )
    assert torch.isfinite(found).all()


def test_support_torque_is_minus_the_transposed_jacobian_times_the_force() -> None:
    joints = joints_within_limits(50, seed=3).requires_grad_()
    generator = torch.Generator().manual_seed(4)
    up = torch.nn.functional.normalize(
        torch.randn(50, 3, dtype=torch.float64, generator=generator), dim=1
    )
    force = 100 * torch.rand(50, 4, dtype=torch.float64, generator=generator)
    work = (
        force.unsqueeze(-1) * up[:, None] * leg.foot_position(joints, ABDUCTION, *LENGTHS)
    ).sum()
    (gradient,) = torch.autograd.grad(work, joints)
    torch.testing.assert_close(
        leg.support_torque(joints.detach(), up, force, ABDUCTION, *LENGTHS), -gradient
    )
