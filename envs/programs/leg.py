"""Closed-form kinematics of a three-joint leg, batch first.

A leg has a hip joint about x, `abduction` sideways to the thigh joint about y, `thigh` down to the
calf joint about y, and `calf` down to the foot. Vectors run from the hip joint to the foot in the
base frame [m], (E, L, 3); joint positions are (hip, thigh, calf) [rad], (E, L, 3); L legs.
"""

import torch
from torch import Tensor


def foot_position(joints: Tensor, abduction: Tensor, thigh: float, calf: float) -> Tensor:
    """Vector from the hip joint to the foot [m], (E, L, 3), for joint positions (E, L, 3).

    `abduction` is (L,) [m], left positive.
    """
    hip = joints[..., 0]
    upper = joints[..., 1]
    lower = joints[..., 1] + joints[..., 2]
    x = -thigh * torch.sin(upper) - calf * torch.sin(lower)
    z = -thigh * torch.cos(upper) - calf * torch.cos(lower)
    sine = torch.sin(hip)
    cosine = torch.cos(hip)
    return torch.stack([x, abduction * cosine - z * sine, abduction * sine + z * cosine], -1)


def joint_position(foot: Tensor, abduction: Tensor, thigh: float, calf: float) -> Tensor:
    """Joint positions that put the foot at `foot` (E, L, 3), knee pointing back [rad], (E, L, 3).

    Out of reach, the leg stretches or folds towards the foot.
    """
    x = foot[..., 0]
    y = foot[..., 1]
    z = foot[..., 2]
    # In the plane of the leg, below the thigh joint. The floor keeps the hip angle defined for a
    # foot at hip height.
    depth = -torch.sqrt(torch.clamp(y * y + z * z - abduction * abduction, min=1e-4))
    # Half-angle and single-argument forms: the last bit of torch's atan2 and remainder depends on
    # an element's place in the tensor, hence on a robot's batch.
    rise = abduction * z - depth * y
    run = abduction * y + depth * z
    hip = 2 * torch.atan(rise / torch.clamp(torch.sqrt(rise * rise + run * run) + run, min=1e-9))
    cosine = (x * x + depth * depth - thigh * thigh - calf * calf) / (2 * thigh * calf)
    knee = -torch.acos(torch.clamp(cosine, -0.9999, 0.9999))
    along = thigh + calf * torch.cos(knee)
    across = calf * torch.sin(knee)
    # `along` is positive: no robot's calf is longer than its thigh.
    upper = torch.atan(x / depth) - torch.atan(across / along)
    return torch.stack([hip, upper, knee], -1)


def support_torque(
    joints: Tensor, up: Tensor, force: Tensor, abduction: Tensor, thigh: float, calf: float
) -> Tensor:
    """Joint torques with which the feet press on the ground [N m], (E, L, 3).

    The feet press with `force` (E, L) [N] against `up`, a unit vector in the base frame, (E, 3).
    Transposed Jacobian: tau = -J^T (force * up), the ground's reaction being force * up at the
    foot.
    """
    hip = joints[..., 0]
    upper = joints[..., 1]
    lower = joints[..., 1] + joints[..., 2]
    knee_x = -calf * torch.sin(lower)
    knee_z = -calf * torch.cos(lower)
    x, z = knee_x - thigh * torch.sin(upper), knee_z - thigh * torch.cos(upper)
    sine = torch.sin(hip)
    cosine = torch.cos(hip)
    foot_y = abduction * cosine - z * sine
    foot_z = abduction * sine + z * cosine
    ux = up[:, 0:1]
    uy = up[:, 1:2]
    uz = up[:, 2:3]
    hip_arm = uz * foot_y - uy * foot_z
    # Both pitch joints turn about the leg's own y axis: (z, 0, -x) in the plane of the leg.
    in_plane = uy * sine - uz * cosine
    thigh_arm = ux * z + x * in_plane
    calf_arm = ux * knee_z + knee_x * in_plane
    return -force.unsqueeze(-1) * torch.stack([hip_arm, thigh_arm, calf_arm], -1)
