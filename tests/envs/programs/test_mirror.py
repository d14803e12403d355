"""The controller is left-right symmetric by construction.

A mirrored robot half a period later gets the mirrored joint command.
"""

import numpy as np
import torch

from envs.climb import ClimbBatch
from envs.programs import mirror
from envs.programs.legged import Controller, Memory
from envs.programs.sensors import Sensors
from envs.robots.go2 import GO2
from tests.support.helpers import idle, image_of, scenario, started, tensors

ROBOTS = 8
JOINTS = tensors(mirror.swap(GO2.legs.opposite, -1.0, 1.0, 1.0))


def exchanged(joints: torch.Tensor) -> torch.Tensor:
    order, sign = JOINTS
    return joints[:, order] * sign


def readings(generator: torch.Generator) -> tuple[Sensors, Sensors]:
    """Random sensors, and what the robot's mirror image would read."""

    def random(*shape: int) -> torch.Tensor:
        return torch.rand(ROBOTS, *shape, generator=generator) - 0.5

    down = torch.nn.functional.normalize(torch.tensor([0.0, 0.0, -1.0]) + 0.4 * random(3), dim=1)
    seen = Sensors(
        gravity_in_base=down,
        angular_velocity_base_in_base=2 * random(3),
        joint_position=torch.tensor(GO2.stance) + 0.4 * random(12),
        joint_velocity=4 * random(12),
        command=random(2),
        height_map=-GO2.stand_height + 0.2 * random(29, 7),
    )
    return seen, image_of(seen, exchanged)


def test_a_mirror_image_half_a_period_on_is_seen_alike_and_told_the_mirrored_thing() -> None:
    generator = torch.Generator().manual_seed(3)
    controller = Controller(GO2)
    phase = torch.linspace(0.02, 0.48, ROBOTS)
    robot: Memory = controller.start(ROBOTS)._replace(phase=phase)
    image: Memory = controller.start(ROBOTS)._replace(phase=phase + 0.5)
    for _ in range(40):
        reading, mirrored = readings(generator)
        observation, robot = controller.observe(reading, robot)
        other, image = controller.observe(mirrored, image)
        torch.testing.assert_close(observation, other, atol=1e-4, rtol=0)
        action = torch.rand(ROBOTS, controller.actions, generator=generator) * 2 - 1
        command, robot = controller.act(action, robot)
        reflection, image = controller.act(action, image)
        torch.testing.assert_close(
            exchanged(command.position), reflection.position, atol=1e-3, rtol=0
        )
        torch.testing.assert_close(exchanged(command.torque), reflection.torque, atol=1e-2, rtol=0)


def test_mirroring_twice_changes_nothing() -> None:
    parts = mirror.join(
        mirror.swap((1, 0, 3, 2), 1.0, -1.0, 1.0), mirror.signs(-1.0, 1.0), mirror.columns(4, 3)
    )
    order, sign = tensors(parts)
    vector = torch.arange(len(parts.order), dtype=torch.float32) + 1
    assert torch.equal((vector[order] * sign)[order] * sign, vector)
    assert not torch.equal(vector[order] * sign, vector)


def test_legs_are_paired_by_name() -> None:
    assert [GO2.legs.names[other] for other in GO2.legs.opposite] == ["FL", "FR", "RL", "RR"]


def test_the_critic_looks_into_the_same_mirror() -> None:
    batch: ClimbBatch = started(scenario(riser=0.0, speed=0.5))
    sides = []
    halves = []
    for _ in range(60):
        result = batch.step(idle(batch))
        sideways = (
            -batch.physics.state.velocity_in_base[0, 1]
            if batch.controllers.mirrored()[0, 0]
            else batch.physics.state.velocity_in_base[0, 1]
        )
        assert result.privileged[0, 1] == np.float32(sideways)
        sides.append(result.privileged[0, 4] * batch.physics.state.centre[0, 1])
        halves.append(bool(batch.controllers.mirrored()[0, 0]))
    assert {True, False} == set(halves)
    assert all((side < 0) == half for side, half in zip(sides, halves, strict=True))
    batch.close()
