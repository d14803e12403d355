"""Legs as the twin of a legged robot computes them: gait cycle and kinematics."""

import numpy as np

from deploy.bundle.twin.parts import Array


def line_through(x: Array, z: Array, steepest: float, at: Array) -> Array:
    """Height [m] at the points `at` of the line through feet at x and z [m], (K,) each; no steeper
    than `steepest`.
    """
    away = x - x.mean()
    slope = np.clip((away * z).sum() / max((away**2).sum(), 0.01), -steepest, steepest)
    return z.mean() + slope * (at - x.mean())


def cycle(phase: np.float32, offsets: Array, duty: float) -> tuple[Array, Array, Array]:
    """Whether each leg swings, and the shares of its swing and stance that are done; (L,)."""
    leg = np.remainder(phase + offsets, np.float32(1))
    swings = leg < 1 - duty
    return (
        swings,
        np.where(swings, leg / (1 - duty), 0.0),
        np.where(swings, 0.0, (leg - 1 + duty) / duty),
    )


def feet_below_hips(joints: Array, abduction: Array, thigh: float, calf: float) -> Array:
    """Hip joint to foot in the base frame [m], (L, 3), of joint positions (L, 3) [rad]."""
    hip = joints[:, 0]
    upper = joints[:, 1]
    lower = joints[:, 1] + joints[:, 2]
    x, z = (
        -thigh * np.sin(upper) - calf * np.sin(lower),
        -thigh * np.cos(upper) - calf * np.cos(lower),
    )
    return np.stack(
        [x, abduction * np.cos(hip) - z * np.sin(hip), abduction * np.sin(hip) + z * np.cos(hip)],
        -1,
    )


def in_level_frame(points: Array, up: Array) -> tuple[Array, Array, Array]:
    """x, y, z of points (L, 3) of the base frame in the level frame of the same heading."""
    left = np.array([0, up[2], -up[1]], np.float32) / np.sqrt(
        np.maximum(up[1] ** 2 + up[2] ** 2, np.float32(1e-6))
    )
    return points @ np.cross(left, up), points @ left, points @ up


def leg_joints(foot: Array, abduction: Array, thigh: float, calf: float) -> Array:
    """Joint positions (L, 3) [rad] that put feet at `foot` (L, 3) [m] below their hip joints, knees
    back; out of reach, stretched or folded towards it.
    """
    x = foot[:, 0]
    y = foot[:, 1]
    z = foot[:, 2]
    depth = np.sqrt(np.maximum(y**2 + z**2 - abduction**2, 1e-4))
    hip = np.arctan2(abduction * z + depth * y, abduction * y - depth * z)
    knee = -np.arccos(
        np.clip((x**2 + depth**2 - thigh**2 - calf**2) / (2 * thigh * calf), -0.9999, 0.9999)
    )
    upper = -np.arctan2(x, depth) - np.arctan2(calf * np.sin(knee), thigh + calf * np.cos(knee))
    return np.stack([hip, upper, knee], -1)


def jacobian(joints: Array, abduction: Array, thigh: float, calf: float) -> Array:
    """How a foot moves [m] as each joint turns [rad], (L, 3 joints, 3 axes of the base frame)."""
    hip = joints[:, 0]
    upper = joints[:, 1]
    lower = joints[:, 1] + joints[:, 2]
    foot = feet_below_hips(joints=joints, abduction=abduction, thigh=thigh, calf=calf)
    zero = np.zeros_like(hip)
    # A turn about x moves (y, z); a turn about the leg's own y axis moves x, and what is down in
    # the leg's plane.
    by_hip = np.stack([zero, -foot[:, 2], foot[:, 1]], -1)
    calf_x = -calf * np.sin(lower)
    calf_z = -calf * np.cos(lower)
    x, z = calf_x - thigh * np.sin(upper), calf_z - thigh * np.cos(upper)
    by_thigh = np.stack([z, x * np.sin(hip), -x * np.cos(hip)], -1)
    by_calf = np.stack([calf_z, calf_x * np.sin(hip), -calf_x * np.cos(hip)], -1)
    return np.stack([by_hip, by_thigh, by_calf], 1)
