"""The family of robots that roll on tracks: they start with flat flippers."""

import numpy as np
from numpy.typing import NDArray

from envs import frames
from envs.families.controller import Controllers
from envs.families.family import (
    Array,
    Baseline,
    Family,
    InitialPose,
    Observations,
    zero_action,
)
from envs.programs import tracked
from envs.robots.spec import RobotSpec
from envs.task.scenario import Scenario

SLOPES = np.linspace(-1.2, 1.2, 241)
"""Slopes that are tried [rise over run], up to steeper than any flight that can be built."""
MARGIN = 0.002
"""Height above the ground from which the robot is dropped [m]."""


def initial_pose(spec: RobotSpec, scenario: Scenario, heights: Array, points: Array) -> InitialPose:
    """Pose of a robot that lies flat on the highest edges under it, its flippers flat.

    A stiff line over the ground rests where its middle is lowest, because its weight is there. Of
    all slopes, it takes the one whose touching line is lowest at x = 0.

    Args:
        spec: the robot.
        scenario: the episode.
        heights: height of the ground under `points` [m], (P,).
        points: points of the ground that can touch the tracks, level frame [m], (P, 2).
    """
    touching = (heights - SLOPES[:, None] * points[:, 0]).max(1)
    best = int(touching.argmin())
    pitch = float(np.arctan(SLOPES[best]))
    base = np.array(
        [scenario.x, scenario.y, touching[best] + spec.tracks.radius / np.cos(pitch) + MARGIN]
    )
    quaternion = frames.quaternion_from_yaw_pitch(scenario.world_yaw, pitch)
    return InitialPose(base, quaternion, np.array(spec.stance))


def footprint(spec: RobotSpec) -> Array:
    """Points under both rows of tracks from tip to tip, level frame [m], (P, 2)."""
    tracks = spec.tracks
    reach = max(abs(x) for x, _, _ in tracks.axis_in_base) + tracks.length
    x, y = np.meshgrid(
        np.linspace(-reach, reach, 57),
        sorted({y for _, y, _ in tracks.axis_in_base}),
        indexing="ij",
    )
    return np.column_stack([x.ravel(), y.ravel()])


def fixed_flippers(spec: RobotSpec) -> Baseline:
    """The baseline that holds the flippers flat, as far as an action can against the schedule."""
    places = {}
    start = 0
    for term in tracked.terms(spec):
        places[term.name] = slice(start, start + term.size), term.scale
        start += term.size
    flat = np.array(spec.stance[: len(spec.tracks.names)])
    sizes = np.array([action.size for action in tracked.action_table(spec)])

    def act(seen: Observations) -> NDArray[np.float32]:
        position, schedule, before = (
            seen[:, places[name][0]] / places[name][1]
            for name in ("flipper_position", "schedule", "action")
        )
        front_left, front_right, rear_left, rear_right = (flat - (position + schedule)).T
        change = np.zeros_like(before)
        change[:, :4] = 0.5 * np.column_stack(
            [
                front_left + front_right,
                rear_left + rear_right,
                front_left - front_right,
                rear_left - rear_right,
            ]
        )
        # The controller smooths actions: the action overshoots by as much as smoothing holds back.
        return np.clip(
            before + (change / sizes - before) / spec.schedule.action_smoothing, -1.0, 1.0
        ).astype(np.float32)

    return act


def actions(spec: RobotSpec) -> list[str]:
    """Meaning of each element of an action."""
    return [
        f"{k}: {action.meaning}, units of {action.size} {action.unit}"
        for k, action in enumerate(tracked.action_table(spec))
    ]


TRACKED = Family(
    controller=tracked.Controller,
    controllers=lambda spec, count: Controllers[tracked.Memory](tracked.Controller(spec), count),
    terms=tracked.terms,
    actions=actions,
    mirror="While the robot is steered to the right, the action, 'policy' and 'privileged' are "
    "those of the mirror image: left and right are exchanged.",
    footprint=footprint,
    initial_pose=initial_pose,
    baselines={
        "zero": fixed_flippers,
        "scripted": lambda spec: zero_action(len(tracked.action_table(spec))),
    },
)
