"""Names for Bullet's numbers."""

import numpy as np
import pytest

from envs.frames import quaternion_from_yaw_pitch
from envs.physics.state import State, read

COM = np.array([0.1, 0.0, 0.0])


def turned(yaw: float, pitch: float = 0.0) -> State:
    """A robot whose centre of mass is at (1, 2, 3), moves along the world's y and turns left."""
    quaternion = quaternion_from_yaw_pitch(yaw, pitch)
    base = np.array([[1.0, 2.0, 3.0, *quaternion, 0.0, 0.5, 0.0, 0.0, 0.0, 2.0]])
    return read(base, np.array([[[0.3, -0.4]]]), COM)


def test_the_base_is_where_its_frame_is_not_where_its_mass_is() -> None:
    state = turned(yaw=np.pi / 2)
    assert state.centre[0] == pytest.approx([1.0, 2.0, 3.0])
    assert state.position[0] == pytest.approx([1.0, 1.9, 3.0])
    # The centre of mass goes round the origin.
    assert state.velocity[0] == pytest.approx([0.2, 0.5, 0.0])


def test_velocities_have_two_frames() -> None:
    state = turned(yaw=np.pi / 2)
    assert state.velocity_in_base[0] == pytest.approx([0.5, -0.2, 0.0])
    assert state.angular_velocity_in_base[0] == pytest.approx([0.0, 0.0, 2.0])
    assert state.speed_ahead() == pytest.approx(0.5)
    assert state.yaw_rate() == pytest.approx(2.0)
    assert state.yaw == pytest.approx(np.pi / 2)


def test_gravity_and_attitude_agree() -> None:
    state = turned(yaw=0.3, pitch=0.2)
    assert state.upright() == pytest.approx(np.cos(0.2))
    assert state.gravity_in_base()[0] == pytest.approx([-np.sin(0.2), 0.0, -np.cos(0.2)])


def test_joints_have_position_and_velocity() -> None:
    state = turned(yaw=0.0)
    assert (state.joint_position.item(), state.joint_velocity.item()) == (0.3, -0.4)


def test_a_state_stays_when_the_numbers_go_on() -> None:
    base = np.zeros((1, 13))
    joints = np.zeros((1, 1, 2))
    state = read(base, joints, COM)
    base[:] = 1.0
    joints[:] = 1.0
    assert not any(state.centre[0])
    assert not any(state.angular_velocity[0])
    assert state.joint_position.item() == 0.0
    assert state.joint_velocity.item() == 0.0
