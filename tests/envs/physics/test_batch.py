"""The bodies of a batch: delay, pushes, and what a control step cost."""

from collections.abc import Iterator

import numpy as np
import pytest

from envs.physics.batch import Physics
from envs.physics.motors import Command
from envs.robots.go2 import GO2
from tests.support.helpers import scenario

STEP = 0.02
JOINTS = len(GO2.joint_names)
UP = (0.0, 0.0, 0.0, 1.0)
HIGH = np.array([0.0, 0.0, 2.0])
"""In the air, where nothing but motors and gravity acts."""


@pytest.fixture
def physics() -> Iterator[Physics]:
    made = Physics(GO2, 2, STEP)
    yield made
    made.close()


def reset(physics: Physics, delay: float = 0.0) -> None:
    for row in range(2):
        drawn = scenario(riser=0.0, values={"delay": np.array([delay * row])})
        physics.reset(
            row=row,
            scenario=drawn,
            position=HIGH,
            quaternion=UP,
            joints=np.array(GO2.stance),
        )
    physics.refresh()


def stance(change: float = 0.0) -> Command:
    still = np.zeros((2, JOINTS))
    return Command(position=np.array(GO2.stance) + change + still, velocity=still, torque=still)


def test_robots_are_put_down_at_rest(physics: Physics) -> None:
    reset(physics)
    assert physics.state.position == pytest.approx(np.tile(HIGH, (2, 1)), abs=1e-6)
    assert physics.state.joint_position == pytest.approx(np.tile(GO2.stance, (2, 1)))
    assert not physics.state.velocity.any()
    assert physics.raw_state().shape == (2, 13 + 2 * JOINTS)


def test_a_command_comes_after_its_delay(physics: Physics) -> None:
    reset(physics, delay=STEP)
    physics.advance(stance(0.2))
    moved = np.abs(physics.state.joint_position - np.array(GO2.stance)).max(1)
    assert moved[0] > 0.02
    assert moved[1] < 0.01
    assert physics.work()[0] > 10 * physics.work()[1]
    assert physics.load()[0] > 10 * physics.load()[1]


def test_a_push_changes_one_robot_at_once(physics: Physics) -> None:
    reset(physics)
    physics.push(1, (0.5, 0.0, 0.0))
    physics.advance(stance())
    assert physics.state.velocity[:, 0] == pytest.approx([0.0, 0.5], abs=0.05)


def test_joints_that_are_too_fast_are_told(physics: Physics) -> None:
    reset(physics)
    physics.advance(stance())
    assert not physics.overspeed().any()
    physics._buffers.speeds[1, 0, 3] = 2 * GO2.speed_limit[3]
    expected = np.zeros((2, JOINTS))
    expected[1, 3] = 1 / physics._buffers.speeds.shape[1]
    assert physics.overspeed() == pytest.approx(expected)


def test_a_new_client_starts_where_it_is_put(physics: Physics) -> None:
    reset(physics)
    physics.advance(stance())
    physics.replace(0)
    reset(physics)
    physics.advance(stance())
    first, second = physics.raw_state()
    assert np.array_equal(first, second)
