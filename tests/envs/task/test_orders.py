"""What the operator says while an episode runs: stop, go on, turn."""

from dataclasses import replace

import numpy as np
import pytest

from envs.climb import ClimbBatch
from envs.programs.legged import Memory
from envs.robots.go2 import GO2
from envs.task.scenario import Order, roaming
from tests.support.helpers import idle, scenario, started


def commands(batch: ClimbBatch, steps: int) -> np.ndarray:
    """Forward speed and yaw rate that the first robot's sensors said, (steps, 2)."""
    said = []
    for _ in range(steps):
        said.append(batch.sensors.command[0].numpy().copy())
        batch.step(idle(batch))
    return np.array(said)


def test_orders_are_given_at_their_time() -> None:
    batch = started(
        replace(scenario(riser=0.0, speed=0.5), orders=(Order(0.4, 0.0), Order(0.8, 0.3, -0.5)))
    )
    said = commands(batch, 60)
    assert said[:20, 0] == pytest.approx(0.5)
    assert said[21:40] == pytest.approx(0.0)
    assert said[41:] == pytest.approx(np.tile([0.3, -0.5], (19, 1)))
    batch.close()


def test_a_robot_that_roams_has_no_goal_and_no_sides_and_is_paid_along_its_own_heading() -> None:
    rng = np.random.default_rng(5)
    walk = replace(
        roaming(rng, GO2, "nominal"), yaw=1.5, y=2.9, orders=(Order(0.0, 0.5, 0.0),), seconds=4.0
    )
    batch = started(walk)
    ends = [int(batch.step(idle(batch)).end[0]) for _ in range(200)]
    assert ends[:-1] == [0] * 199
    assert ends[-1] == 4
    assert batch.physics.worlds[0].base()[1] > 4.0
    assert batch.episodes.summary(0, 4)["speed"] == pytest.approx(0.5, abs=0.2)
    batch.close()


def test_the_legs_odometry_tells_the_speed() -> None:
    batch = started(scenario(riser=0.0, speed=0.5))
    told = []
    true = []
    for _ in range(150):
        batch.step(idle(batch))
        memory = batch.controllers.memory
        assert isinstance(memory, Memory)
        told.append(memory.velocity[0].numpy().copy())
        true.append(batch.physics.state.velocity_in_base[0])
    # From the second second on, over whole periods of the gait; the body rocks, so that its own z
    # is not the vertical.
    assert np.mean(told[50:], 0)[:2] == pytest.approx(np.mean(true[50:], 0)[:2], abs=0.05)
    batch.close()


def test_a_robot_told_to_stop_stands_and_goes_on_when_told() -> None:
    batch = started(
        replace(scenario(riser=0.0, speed=0.5), orders=(Order(2.0, 0.0), Order(4.0, 0.5)))
    )
    way = []
    for _ in range(300):
        assert batch.step(idle(batch)).end[0] == 0
        way.append(float(batch.episodes.tally.distance[0]))
    assert way[99] > 0.5
    assert abs(way[199] - way[149]) < 0.02
    assert way[299] - way[199] > 0.5
    batch.close()
