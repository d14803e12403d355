"""What stands around a simulated robot: its sensors, its operator and the referee."""

import numpy as np
import pytest

from deploy.runtime.link import MotorCommand, Remote
from deploy.runtime.safety.attitude import gravity_in_base
from deploy.simulation import steering
from deploy.simulation.body import Truth
from deploy.simulation.engines import open_body
from deploy.simulation.referee import Referee
from deploy.simulation.senses import Senses, attitude, heading
from envs import frames
from envs.robots.go2 import GO2
from envs.task.staircase import Direction, Staircase
from tests.support.helpers import scenario

ZERO = np.zeros(12, np.float32)


def at(
    x: float, y: float = 0.0, z: float = 0.3, quaternion: tuple[float, ...] = (0.0, 0.0, 0.0, 1.0)
) -> Truth:
    nothing = np.zeros(12)
    return Truth(
        position=np.array([x, y, z]),
        quaternion=np.array(quaternion),
        velocity=np.zeros(3),
        angular_velocity=np.zeros(3),
        joint_position=nothing,
        joint_velocity=nothing,
        joint_torque=nothing,
    )


@pytest.mark.parametrize("seed", range(5))
def test_attitude_is_the_one_with_that_gravity_and_heading(seed: int) -> None:
    quaternion = np.random.default_rng(seed).normal(size=4)
    quaternion[3] += 2.0
    quaternion /= np.linalg.norm(quaternion)
    gravity = -frames.rotation_matrix(quaternion[None])[0, 2]
    found = attitude(gravity, heading(quaternion))
    assert found * np.sign(found[3]) == pytest.approx(quaternion * np.sign(quaternion[3]), abs=1e-9)


def test_exact_sensors_say_what_is_true_and_an_encoders_error_is_in_them() -> None:
    drawn = scenario(values={"zero_offset": np.full(12, 0.02)})
    body = open_body("pybullet", GO2, drawn)
    body.push(np.array([0.3, 0.2, 0.0]))
    for _ in range(20):
        body.advance(
            MotorCommand(
                position=np.array(GO2.stance, np.float32),
                velocity=ZERO,
                torque=ZERO,
                kp=ZERO + 50.0,
                kd=ZERO + 1.0,
            )
        )
    truth = body.truth()
    state, ground = Senses(
        spec=GO2, scenario=drawn, rng=np.random.default_rng(0), truth=truth
    ).read(truth, 1.5, Remote(forward=0.5))
    assert state.quaternion == pytest.approx(truth.quaternion, abs=1e-6)
    assert gravity_in_base(state.quaternion) == pytest.approx(
        -frames.rotation_matrix(truth.quaternion[None])[0, 2], abs=1e-6
    )
    assert state.angular_velocity == pytest.approx(truth.angular_velocity, abs=1e-6)
    assert state.joint_position == pytest.approx(truth.joint_position + 0.02, abs=1e-6)
    assert state.joint_velocity == pytest.approx(truth.joint_velocity, abs=1e-5)
    assert ground.heights == pytest.approx(body.heights(), abs=1e-6)
    assert (state.tick, state.received, ground.received, state.remote.forward) == (
        1500,
        1.5,
        1.5,
        0.5,
    )
    body.close()


def test_drawn_errors_are_in_the_messages() -> None:
    drawn = scenario(randomize="full")
    truth = at(drawn.x)
    state, ground = Senses(
        spec=GO2, scenario=drawn, rng=np.random.default_rng(0), truth=truth
    ).read(truth, 0.0, Remote())
    assert np.abs(state.joint_velocity).max() > 0.01
    assert np.isnan(ground.heights).any()
    assert 1e-4 < np.abs(state.quaternion[:3]).max() < 0.2


@pytest.mark.parametrize("way", ["up", "down"])
def test_the_operator_turns_the_robot_to_the_middle_line(way: Direction) -> None:
    stairs = Staircase(direction=way)
    along = (0.0, 0.0, 0.0, 1.0) if way == "up" else (0.0, 0.0, 1.0, 0.0)
    to_its_left = 0.3 * stairs.heading
    pushed = [
        steering.sticks(
            stairs=stairs,
            speed=0.35,
            position=np.array([0.0, lateral_offset, 0.3]),
            quaternion=np.array(along),
            full=(0.7, 0.8),
        )
        for lateral_offset in (0.0, to_its_left, -to_its_left)
    ]
    assert [forward for forward, _ in pushed] == [0.5] * 3
    assert pushed[0][1] == pytest.approx(0.0)
    assert pushed[1][1] < -0.25
    assert pushed[2][1] > 0.25


@pytest.mark.parametrize("way", ["up", "down"])
def test_the_referee(way: Direction) -> None:
    drawn = scenario(direction=way, seconds=5.0)
    referee = Referee(GO2, drawn)
    stairs = drawn.stairs
    goal = drawn.goal_x(GO2.body_length)
    past = goal + 0.01 * stairs.heading
    floor = stairs.tops[-1] if way == "up" else 0.0
    lying_on_its_side = (np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5))
    assert referee.end(at(drawn.x, z=2.0), 0.0) == ""
    assert referee.end(at(past, z=floor + 0.25), 1.0) == "arrived"
    assert referee.end(at(past, z=floor + 0.10), 1.0) == ""
    assert referee.end(at(goal - 0.01 * stairs.heading, z=floor + 0.25), 1.0) == ""
    assert referee.end(at(past, z=floor + 0.25, quaternion=lying_on_its_side), 1.0) == "fall"
    assert referee.end(at(drawn.x, 0.81, 2.0), 1.0) == "off_side"
    assert referee.end(at(drawn.x, z=2.0), 5.0) == "timeout"


def test_cost_of_transport_is_work_over_weight_and_way() -> None:
    referee = Referee(GO2, scenario())
    driven = np.full(12, 2.0)
    for x in (0.0, 1.0, 2.0):
        referee.count(at(x)._replace(joint_torque=driven, joint_velocity=-driven), 0.5)
    assert referee.way == pytest.approx(2.0)
    assert referee.cost_of_transport() == pytest.approx(
        3 * 0.5 * 12 * 4.0 / (GO2.mass * 9.81 * 2.0)
    )
