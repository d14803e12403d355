"""The family of robots that walk: every foot starts on the ground, a trot is under the policy."""

import numpy as np
import torch

from envs import frames
from envs.families.controller import Controllers
from envs.families.family import Array, Family, InitialPose, zero_action
from envs.programs import leg, legged
from envs.robots.spec import RobotSpec
from envs.task.scenario import Scenario


def initial_pose(spec: RobotSpec, scenario: Scenario, heights: Array, feet: Array) -> InitialPose:
    """Pose of a robot that stands on the ground, its body pitched with the flight.

    Args:
        spec: the robot.
        scenario: the episode.
        heights: height of the ground under `feet` [m], (L,).
        feet: positions of the feet, level frame [m], (L, 2).
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
    in_motor_order = np.empty(len(spec.joint_names))
    in_motor_order[list(spec.leg_order)] = joints.numpy().reshape(-1)
    return InitialPose(base, quaternion, np.clip(in_motor_order, spec.lower, spec.upper))


def footprint(spec: RobotSpec) -> Array:
    """Positions of a standing robot's feet below the thighs, level frame [m], (L, 2)."""
    hips = np.array(spec.legs.hip_in_base)
    return np.column_stack([hips[:, 0], hips[:, 1] + np.array(spec.legs.abduction)])


def actions(spec: RobotSpec) -> list[str]:
    """Meaning of each element of an action."""
    gait = spec.trot
    feet = [
        f"{3 * i}..{3 * i + 2}: x, y, z of foot {name}, units of {gait.foot_range} m"
        for i, name in enumerate(spec.legs.names)
    ]
    return [*feet, f"{3 * len(feet)}: frequency of the gait, units of {gait.frequency_range} Hz"]


LEGGED = Family(
    controller=legged.Controller,
    controllers=lambda spec, count: Controllers[legged.Memory](legged.Controller(spec), count),
    terms=legged.terms,
    actions=actions,
    mirror="In the second half of the gait's phase, the action, 'policy' and 'privileged' are "
    "those of the mirror image: left and right are exchanged.",
    footprint=footprint,
    initial_pose=initial_pose,
    # The gait alone.
    baselines={"zero": lambda spec: zero_action(legged.action_size(spec))},
)
