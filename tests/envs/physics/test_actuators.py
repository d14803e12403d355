"""The motors: a torque-speed line, friction against the motion, an encoder that is off."""

import numpy as np
import pytest

from envs.physics.motors import Actuators, Command
from envs.robots.go2 import GO2

PEAK = np.array(GO2.torque_limit)
SPEED = np.array(GO2.speed_limit)
STILL = np.zeros(12)


@pytest.fixture
def actuators() -> Actuators:
    return Actuators(GO2, 1)


def torques(
    actuators: Actuators,
    position: float = 0.0,
    velocity: np.ndarray = STILL,
    wanted_velocity: float = 0.0,
    feed: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Torque of the motors and at the joints, for joints at 0 that are told to be at `position`."""
    command = Command(
        np.full((1, 12), position), np.full((1, 12), wanted_velocity), np.full((1, 12), feed)
    )
    return actuators.torque(0, actuators.wanted_at_rest(command)[0], STILL, velocity)


def test_torque_is_that_of_a_spring_a_damper_and_the_feed_forward(actuators: Actuators) -> None:
    motor, _ = torques(
        actuators, position=0.1, velocity=np.full(12, 0.5), wanted_velocity=1.0, feed=2.0
    )
    assert motor == pytest.approx(0.1 * np.array(GO2.kp) + 0.5 * np.array(GO2.kd) + 2.0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_standing_motors_give_their_peak_and_no_more(actuators: Actuators, sign: float) -> None:
    motor, joint = torques(actuators, position=100.0 * sign)
    assert motor == pytest.approx(sign * PEAK)
    assert joint == pytest.approx(motor)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    ("share", "left"), [(0.25, 1.0), (0.5, 1.0), (0.75, 0.5), (1.0, 0.0), (1.25, -0.5), (2.0, -1.0)]
)
def test_torque_falls_on_a_line_from_half_of_the_no_load_speed(
    actuators: Actuators, sign: float, share: float, left: float
) -> None:
    motor, _ = torques(actuators, position=1000.0 * sign, velocity=sign * share * SPEED)
    assert motor == pytest.approx(sign * left * PEAK)


def test_a_motor_brakes_with_its_peak_at_any_speed(actuators: Actuators) -> None:
    motor, _ = torques(actuators, position=-1000.0, velocity=1.5 * SPEED)
    assert motor == pytest.approx(-PEAK)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_friction_is_against_the_motion(actuators: Actuators, sign: float) -> None:
    motor, joint = torques(actuators, velocity=np.full(12, 5.0 * sign))
    assert joint - motor == pytest.approx(-sign * np.array(GO2.joint_friction), rel=1e-3)


def test_an_encoder_that_reads_too_much_pulls_the_joint_back(actuators: Actuators) -> None:
    actuators.zero_offset[:] = 0.03
    motor, _ = torques(actuators)
    assert motor == pytest.approx(-0.03 * np.array(GO2.kp))


def test_weaker_motors_give_less(actuators: Actuators) -> None:
    actuators.strength[:] = 0.9
    assert torques(actuators, position=100.0)[0] == pytest.approx(0.9 * PEAK)
