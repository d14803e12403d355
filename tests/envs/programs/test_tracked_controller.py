"""A tracked robot's controller: flippers on the ground, tracks as commanded, mirror, limits."""

import numpy as np
import pytest
import torch

import envs  # noqa: F401  (registers the ids)
from envs.programs import tracked
from envs.programs.mirror import join, swap
from envs.programs.sensors import MAP_X_COUNT, MAP_Y_COUNT, JointCommand, Sensors
from envs.robots.tracked import TRACKED
from tests.support.helpers import image_of, tensors

X = -0.5 + 0.05 * torch.arange(MAP_X_COUNT)
FLIPPERS = slice(0, 4)
JOINTS = tensors(join(swap((1, 0, 3, 2), 1.0), swap((1, 0), 1.0)))


def sensors(
    profile: torch.Tensor, pitch: float = 0.0, speed: float = 0.5, turn: float = 0.0
) -> Sensors:
    """A robot at rest, pitched nose up [rad], on ground of height `profile` (X,) [m]."""
    angle = torch.tensor(pitch)
    down = torch.stack([-torch.sin(angle), torch.zeros(()), -torch.cos(angle)])[None]
    command = torch.tensor([[speed, turn]])
    return Sensors(
        gravity_in_base=down,
        angular_velocity_base_in_base=torch.zeros(1, 3),
        joint_position=torch.tensor([TRACKED.stance]),
        joint_velocity=torch.zeros(1, 6),
        command=command,
        height_map=profile[None, :, None].expand(1, -1, MAP_Y_COUNT).clone(),
    )


def settled(reading: Sensors) -> JointCommand:
    """Commands after three seconds of the same reading."""
    controller = tracked.Controller(TRACKED)
    memory = controller.start(1)
    for _ in range(60):
        _, memory = controller.observe(reading, memory)
        command, memory = controller.act(torch.zeros(1, controller.actions), memory)
    return command


def test_flippers_follow_the_ground() -> None:
    flat = settled(sensors(torch.full_like(X, -0.1165))).position[0, FLIPPERS]
    ahead = settled(sensors(-0.1165 + 0.17 * (X > 0.55))).position[0, FLIPPERS]
    edge = settled(sensors(-0.1165 - 0.5 * (X > 0.3))).position[0, FLIPPERS]
    assert flat.tolist() == pytest.approx(
        [TRACKED.schedule.front_lift - TRACKED.tracks.lean] * 2
        + [TRACKED.schedule.rear_lift - TRACKED.tracks.lean] * 2,
        abs=0.01,
    )
    assert (ahead[:2] > flat[:2] + 0.4).all()
    assert (edge[:2] < flat[:2] - 0.3).all()
    assert ahead[2:].tolist() == edge[2:].tolist() == flat[2:].tolist()


def test_lying_on_a_slope_is_lying_flat() -> None:
    slope = 0.5
    pitch = float(np.arctan(slope))
    on_slope = settled(sensors(slope * X - 0.1165 / float(np.cos(pitch)), pitch)).position[
        0, FLIPPERS
    ]
    flat = settled(sensors(torch.full_like(X, -0.1165))).position[0, FLIPPERS]
    press = torch.tensor([0.0, 0.0, 0.25, 0.25])
    assert on_slope.tolist() == pytest.approx((flat - press).tolist(), abs=0.02)


def test_commanded_speeds_reach_the_tracks() -> None:
    level = torch.full_like(X, -0.1165)
    straight, turning, sharp, standing = (
        settled(sensors(level, 0.0, *order)).velocity[0, 4:] * TRACKED.tracks.radius
        for order in ((0.5, 0.0), (0.5, 0.3), (0.5, -0.6), (0.0, 0.0))
    )
    assert straight.tolist() == pytest.approx([0.5, 0.5])
    # It slows down while it is turned, so that one track holds where both would slip.
    assert [turning.mean().item(), sharp.mean().item()] == pytest.approx([0.5 * 0.7, 0.5 * 0.4])
    assert sharp[1] < 0 < sharp[0]
    assert turning[1] - turning[0] == pytest.approx(0.3 * 0.496 / TRACKED.schedule.grip, rel=1e-4)
    assert standing.tolist() == [0.0, 0.0]


def exchanged(joints: torch.Tensor) -> torch.Tensor:
    order, sign = JOINTS
    return joints[:, order] * sign


def readings(generator: torch.Generator, yaw: float) -> tuple[Sensors, Sensors]:
    """Random readings of robots steered by `yaw` [rad/s], and those of their mirror images."""
    part = torch.randn(4, 100, generator=generator)
    down = torch.nn.functional.normalize(torch.tensor([0.0, 0.0, -1.0]) + 0.2 * part[:, :3], dim=1)
    heights = -0.12 + 0.2 * torch.rand(4, MAP_X_COUNT, MAP_Y_COUNT, generator=generator)
    command = torch.stack([0.3 * part[:, 18], torch.full((4,), yaw)], 1)
    reading = Sensors(
        gravity_in_base=down,
        angular_velocity_base_in_base=part[:, 3:6],
        joint_position=0.3 * part[:, 6:12],
        joint_velocity=part[:, 12:18],
        command=command,
        height_map=heights,
    )
    return reading, image_of(reading, exchanged)


def test_a_mirror_image_is_seen_alike_and_told_the_mirrored_thing() -> None:
    generator = torch.Generator().manual_seed(0)
    controller = tracked.Controller(TRACKED)
    memory = controller.start(4)
    image = memory
    for yaw in (0.3, 0.1, 0.02, -0.03, -0.4, 0.0, 0.6):
        reading, mirrored = readings(generator, yaw)
        seen, memory = controller.observe(reading, memory)
        other, image = controller.observe(mirrored, image)
        torch.testing.assert_close(other, seen)
        assert not torch.equal(controller.mirrored(image), controller.mirrored(memory))
        action = torch.rand(4, controller.actions, generator=generator) * 2 - 1
        command, memory = controller.act(action, memory)
        told, image = controller.act(action, image)
        torch.testing.assert_close(told.position, exchanged(command.position))
        torch.testing.assert_close(told.velocity, exchanged(command.velocity))


def test_what_it_is_shown_changes_sides_when_it_is_steered_to_the_other_side_and_not_by_noise() -> (
    None
):
    controller = tracked.Controller(TRACKED)
    memory = controller.start(1)
    sides = []
    for yaw in (0.0, -0.04, -0.06, 0.04, 0.0, 0.06):
        _, memory = controller.observe(sensors(torch.full_like(X, -0.1165), turn=yaw), memory)
        sides.append(bool(controller.mirrored(memory)))
    assert sides == [False, False, True, True, True, False]


@pytest.mark.parametrize("worst", [float("nan"), float("inf"), -float("inf"), 3e38])
def test_commands_keep_their_limits_whatever_the_sensors_say(worst: float) -> None:
    controller = tracked.Controller(TRACKED)
    memory = controller.start(1)
    sound = sensors(torch.full_like(X, -0.1165))
    before = memory.target
    for k in range(24):
        reading = Sensors(
            *(
                torch.full_like(part, worst) if k % 7 in (index, 6) else part
                for index, part in enumerate(sound)
            )
        )
        observation, memory = controller.observe(reading, memory)
        command, memory = controller.act(torch.ones(1, controller.actions) * (-1) ** k, memory)
        assert torch.isfinite(observation).all()
        assert all(torch.isfinite(part).all() for part in command)
        assert (
            (command.position >= torch.tensor(TRACKED.lower))
            & (command.position <= torch.tensor(TRACKED.upper))
        ).all()
        assert (command.velocity[:, 4:].abs() * TRACKED.tracks.radius <= 1.0001).all()
        assert ((command.position - before).abs() <= 0.0501).all()
        before = command.position
