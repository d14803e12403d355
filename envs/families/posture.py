"""How a robot is put down on the ground: body pitched with the flight, every foot where the ground
is.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from envs import frames
from envs.programs import leg
from envs.robots.spec import RobotSpec
from envs.task.scenario import Scenario

Array = NDArray[np.float64]


def stand(
    spec: RobotSpec, scenario: Scenario, heights: Array, feet: Array
) -> tuple[Array, tuple[float, ...], Array]:
    """Base position [m], quaternion xyzw and joint positions [rad] of a robot standing on the
    ground.

    Args:
        heights: of the ground under `feet` [m], (L,).
        feet: where the feet go, level frame [m], (L, 2).
    """
    legs = spec.legs
    x = feet[:, 0]
    slope = float((x * (heights - heights.mean())).sum() / (x * x).sum())
    pitch = float(np.arctan(slope))
    base = np.array([scenario.x, scenario.y, heights.mean() + spec.stand_height])
    level = np.column_stack([feet, heights + legs.foot_radius - base[2]])
    quaternion = frames.quaternion_from_yaw_pitch(scenario.world_yaw, pitch)
    pitched = frames.rotation_matrix(np.array([frames.quaternion_from_yaw_pitch(0.0, pitch)]))
    foot = frames.to_base(np.repeat(pitched, len(level), 0), level) - np.array(legs.hip_in_base)
    joints = leg.joint_position(
        foot=torch.from_numpy(foot)[None],
        abduction=torch.tensor(legs.abduction, dtype=torch.float64),
        thigh=legs.thigh,
        calf=legs.calf,
    )
    return base, quaternion, np.clip(joints.numpy().reshape(-1), spec.lower, spec.upper)


def feet_below_hips(spec: RobotSpec) -> Array:
    """Feet of a standing robot in the level frame [m], (L, 2)."""
    hips = np.array(spec.legs.hip_in_base)
    return np.column_stack([hips[:, 0], hips[:, 1] + np.array(spec.legs.abduction)])
