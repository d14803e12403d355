"""The legged controller: alone and in a batch, eager and compiled.

It is safe whatever it reads, and its trot walks by itself.
"""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from envs.programs.legged import Controller
from envs.programs.sensors import MAP_X_COUNT, MAP_Y_COUNT, JointCommand, Sensors
from envs.robots.go2 import GO2
from tests.support.helpers import idle, scenario, started

LOWER = torch.tensor(GO2.lower)
UPPER = torch.tensor(GO2.upper)


@pytest.fixture(scope="module")
def controller() -> Controller:
    return Controller(GO2)


def readings(count: int, seed: int = 0) -> Sensors:
    """Plausible sensor readings of robots on rough ground, a tenth of the map missing."""
    generator = torch.Generator().manual_seed(seed)

    def noise(*shape: int) -> Tensor:
        return torch.randn(count, *shape, generator=generator)

    down = torch.nn.functional.normalize(torch.tensor([0.0, 0.0, -1.0]) + 0.2 * noise(3), dim=1)
    ground = -GO2.stand_height + 0.05 * noise(MAP_X_COUNT, MAP_Y_COUNT)
    ground[noise(MAP_X_COUNT, MAP_Y_COUNT) > 1.3] = math.nan
    return Sensors(
        gravity_in_base=down,
        angular_velocity_base_in_base=noise(3),
        joint_position=torch.tensor(GO2.stance) + 0.3 * noise(12),
        joint_velocity=noise(12),
        command=torch.tensor([0.5, 0.0]) + 0.2 * noise(2),
        height_map=ground,
    )


def random_actions(steps: int, count: int) -> Tensor:
    return 2 * torch.rand(steps, count, 13, generator=torch.Generator().manual_seed(1)) - 1


def run(controller: Any, sensors: Sensors, actions: Tensor) -> list[Tensor]:
    """Everything that a controller says and remembers over some steps."""
    memory = controller.start(len(sensors.command))
    said = []
    for action in actions:
        observation, memory = controller.observe(sensors, memory)
        command, memory = controller.act(action, memory)
        said += [observation, *command, *memory]
    return said


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8])
def test_a_robots_result_does_not_depend_on_its_batch_bit_for_bit(
    controller: Controller, width: int
) -> None:
    sensors = readings(16)
    actions = random_actions(4, 16)
    together = run(controller, sensors, actions)
    for first in range(16):
        rows = [(first + i) % 16 for i in range(width)]
        apart = run(controller, Sensors(*(part[rows] for part in sensors)), actions[:, rows])
        assert all(torch.equal(a[rows], b) for a, b in zip(together, apart, strict=True))


def test_permuted_robots_give_permuted_results(controller: Controller) -> None:
    sensors = readings(16)
    actions = random_actions(4, 16)
    order = torch.randperm(16, generator=torch.Generator().manual_seed(2))
    turned = run(controller, Sensors(*(part[order] for part in sensors)), actions[:, order])
    assert all(
        torch.equal(a[order], b)
        for a, b in zip(run(controller, sensors, actions), turned, strict=True)
    )


def test_compiled_by_torchscript_it_says_the_same(controller: Controller) -> None:
    sensors = readings(4)
    actions = random_actions(6, 4)
    compiled = run(torch.jit.script(controller), sensors, actions)
    for eager, other in zip(run(controller, sensors, actions), compiled, strict=True):
        torch.testing.assert_close(eager, other, rtol=0, atol=1e-5)


def assert_safe(command: JointCommand) -> None:
    assert all(torch.isfinite(part).all() for part in command)
    assert (command.position >= LOWER).all()
    assert (command.position <= UPPER).all()
    assert (command.torque.abs() <= torch.tensor(GO2.torque_limit)).all()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.sampled_from([1.0, 1e3, 1e6]),
    action_size=st.sampled_from([1.0, 1e3]),
)
def test_commands_stay_within_joint_limits_whatever_finite_is_read(
    controller: Controller, seed: int, size: float, action_size: float
) -> None:
    generator = torch.Generator().manual_seed(seed)
    sensors = Sensors(
        *(size * torch.randn(part.shape, generator=generator) for part in readings(4))
    )
    memory = controller.start(4)
    for _ in range(3):
        observation, memory = controller.observe(sensors, memory)
        command, memory = controller.act(
            torch.clamp(action_size * torch.randn(4, 13, generator=generator), -1, 1), memory
        )
        assert torch.isfinite(observation).all()
        assert_safe(command)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.0, 1.0))
def test_missing_cells_anywhere_leave_everything_finite(
    controller: Controller, seed: int, share: float
) -> None:
    sensors = readings(4, seed % 1000)
    holes = (
        torch.rand(sensors.height_map.shape, generator=torch.Generator().manual_seed(seed)) < share
    )
    sensors = sensors._replace(height_map=sensors.height_map.masked_fill(holes, math.nan))
    for said in run(controller, sensors, random_actions(3, 4)):
        assert torch.isfinite(said).all()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, torch.finfo(torch.float32).max])
def test_readings_that_mean_nothing_leave_everything_finite_and_are_forgotten(
    controller: Controller, value: float
) -> None:
    sound = readings(2)
    memory = controller.start(2)
    for sensors in (Sensors(*(torch.full_like(part, value) for part in sound)), sound):
        observation, memory = controller.observe(sensors, memory)
        command, memory = controller.act(torch.zeros(2, 13), memory)
        assert_safe(command)
        assert all(torch.isfinite(part).all() for part in (observation, *memory))
    assert torch.equal(memory.up, -sound.gravity_in_base)


@pytest.mark.parametrize("slope", [0.0, 0.4, -0.4])
def test_without_any_map_it_believes_in_the_ground_under_its_feet(
    controller: Controller, slope: float
) -> None:
    """A robot pitched with an even slope, all feet on it, and no map."""
    pitch = torch.atan(torch.tensor(slope))
    down = torch.tensor([[-torch.sin(pitch), 0.0, -torch.cos(pitch)]])
    stance = torch.tensor(GO2.stance)[None]
    nothing = torch.full((1, MAP_X_COUNT, MAP_Y_COUNT), math.nan)
    sensors = Sensors(
        gravity_in_base=down,
        angular_velocity_base_in_base=torch.zeros(1, 3),
        joint_position=stance,
        joint_velocity=torch.zeros(1, 12),
        command=torch.zeros(1, 2),
        height_map=nothing,
    )
    memory = controller.start(1)
    for _ in range(50):
        _, memory = controller.observe(sensors, memory)
    assert memory.slope.item() == pytest.approx(slope, abs=0.01)
    assert memory.height.item() == pytest.approx(
        -GO2.stand_height / math.cos(float(pitch)), abs=0.02
    )
    ahead = controller.map.at(memory.ground, torch.tensor([[0.5]]), torch.tensor([[0.0]]))
    assert ahead.item() == pytest.approx(memory.height.item() + 0.5 * slope, abs=0.01)


def test_each_element_of_the_observation_is_clipped(controller: Controller) -> None:
    sensors = readings(1)
    observation, _ = controller.observe(
        sensors._replace(joint_velocity=torch.full((1, 12), 1e6)), controller.start(1)
    )
    assert observation.shape == (1, controller.observations)
    assert observation.max() == 5.0


def test_told_to_stand_it_stands_still() -> None:
    batch = started(scenario(riser=0.0, speed=0.0, seconds=5.0))
    places = []
    for _ in range(150):
        assert batch.step(idle(batch)).end[0] == 0
        places.append(batch.physics.worlds[0].base()[:3])
    # It rocks for two seconds.
    assert np.ptp(places, axis=0).max() < 0.08
    assert np.ptp(places[100:], axis=0).max() < 0.01
    batch.close()


def test_told_to_stand_it_keeps_its_feet_whatever_the_network_says(controller: Controller) -> None:
    def stopped(action: Tensor) -> Tensor:
        sensors = readings(1)._replace(command=torch.tensor([[0.5, 0.0]]))
        memory = controller.start(1)
        for step in range(80):
            if step == 30:
                sensors = sensors._replace(command=torch.zeros(1, 2))
            _, memory = controller.observe(sensors, memory)
            # It takes 0.5 s to come to a halt.
            command, memory = controller.act(
                random_actions(1, 1)[0] if step < 55 else action, memory
            )
        return command.position

    assert torch.equal(stopped(torch.ones(1, 13)), stopped(-torch.ones(1, 13)))


@pytest.mark.parametrize("speed", [0.3, 0.5, 0.7])
def test_the_trot_alone_walks_at_more_than_half_of_the_commanded_speed(speed: float) -> None:
    batch = started(scenario(riser=0.0, speed=speed, steps=10))
    for _ in range(200):
        assert batch.step(idle(batch)).end[0] == 0
    assert batch.episodes.tally.distance[0] > 0.5 * speed * 4.0
    batch.close()


@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_trot_alone_passes_a_flight_of_four_centimetres(direction: str) -> None:
    batch = started(scenario(riser=0.04, steps=4, direction=direction))
    ends = (int(batch.step(idle(batch)).end[0]) for _ in range(900))
    assert next(end for end in ends if end) == 1
    batch.close()
