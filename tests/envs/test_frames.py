"""Rotations are what they say, for single robots and whole batches."""

import numpy as np
import pytest

from envs import frames

UP = np.array([[0.0, 0.0, 1.0]])
AHEAD = np.array([[1.0, 0.0, 0.0]])


def rotation(yaw: float, pitch: float) -> np.ndarray:
    return frames.rotation_matrix(np.array([frames.quaternion_from_yaw_pitch(yaw, pitch)]))


def test_yaw_turns_to_the_left() -> None:
    assert frames.to_world(rotation(np.pi / 2, 0.0), AHEAD)[0] == pytest.approx([0.0, 1.0, 0.0])


def test_pitch_lifts_the_nose() -> None:
    assert frames.to_world(rotation(0.0, np.pi / 6), AHEAD)[0] == pytest.approx(
        [np.sqrt(0.75), 0.0, 0.5]
    )


def test_yaw_comes_before_pitch() -> None:
    assert frames.to_world(rotation(np.pi / 2, np.pi / 6), AHEAD)[0] == pytest.approx(
        [0.0, np.sqrt(0.75), 0.5]
    )


def test_to_base_undoes_to_world() -> None:
    turn = rotation(0.7, -0.3)
    vector = np.array([[0.1, -0.2, 0.3]])
    assert frames.to_base(turn, frames.to_world(turn, vector)) == pytest.approx(vector)


def test_quaternions_are_xyzw() -> None:
    half_turn_about_x = frames.rotation_matrix(np.array([[1.0, 0.0, 0.0, 0.0]]))
    assert frames.to_world(half_turn_about_x, UP)[0] == pytest.approx([0.0, 0.0, -1.0])


@pytest.mark.parametrize(
    ("angle", "wrapped"),
    [(0.1, 0.1), (np.pi + 0.1, 0.1 - np.pi), (-np.pi - 0.1, np.pi - 0.1), (7 * np.pi, -np.pi)],
)
def test_angles_are_wrapped(angle: float, wrapped: float) -> None:
    assert frames.wrap(np.array([angle]))[0] == pytest.approx(wrapped)
