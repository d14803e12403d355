"""Bodies that stand in for a robot: in Bullet, the one that policies are trained in."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from deploy.runtime.link import MotorCommand
from deploy.runtime.safety import motions
from deploy.simulation.body import Body
from deploy.simulation.engines import Engine, open_body
from envs.robots.go2 import GO2
from envs.task.scenario import Scenario, trial
from envs.task.staircase import Staircase
from tests.support.bundles import about
from tests.support.helpers import idle, scenario, started

ZERO = np.zeros(12, np.float32)
LIMP = MotorCommand(position=ZERO, velocity=ZERO, torque=ZERO, kp=ZERO, kd=ZERO + 2.0)
STAND = MotorCommand(
    position=np.array(GO2.stance, np.float32),
    velocity=ZERO,
    torque=ZERO,
    kp=ZERO + GO2.kp,
    kd=ZERO + 2.0,
)


def advance(body: Body, command: MotorCommand, seconds: float) -> Body:
    for _ in range(round(seconds / body.period)):
        body.advance(command)
    return body


@pytest.fixture(params=["up", "down"])
def flight(request: pytest.FixtureRequest) -> Scenario:
    return scenario(direction=request.param)


@pytest.fixture
def body(flight: Scenario) -> Iterator[Body]:
    made = open_body("pybullet", GO2, flight)
    yield made
    made.close()


@pytest.fixture
def lying(flight: Scenario) -> Iterator[Body]:
    made = open_body("pybullet", GO2, flight, lying=True)
    yield made
    made.close()


def test_bullet_moves_as_in_training() -> None:
    drawn = trial(np.random.default_rng(3), GO2, Staircase(), randomize="full")
    drawn.values["delay"][:] = 0.0
    drawn.values["push"][:] = 0.0
    batch = started(drawn)
    body = open_body("pybullet", GO2, drawn)
    for _ in range(15):
        batch.step(idle(batch))
        position, velocity, torque, kp, kd = (part[0].numpy() for part in batch.command)
        advance(
            body,
            MotorCommand(position=position, velocity=velocity, torque=torque, kp=kp, kd=kd),
            GO2.control_step,
        )
    truth = body.truth()
    expected = np.array(batch.physics.worlds[0].joints())
    moved = np.abs(expected[:, 0] - open_body("pybullet", GO2, drawn).truth().joint_position).max()
    # Its physics steps are shorter.
    assert truth.joint_position == pytest.approx(expected[:, 0], abs=0.1 * moved)
    assert moved > 0.3
    assert truth.quaternion == pytest.approx(
        np.array(batch.physics.worlds[0].base()[3:7]), abs=0.02
    )
    body.close()
    batch.close()


@pytest.mark.parametrize("engine", ["pybullet", "mujoco"])
def test_it_stands_up_by_the_runtimes_own_motion(engine: Engine, flight: Scenario) -> None:
    """With 1.1 times the gains: their damping is what a physics step must be short enough for."""
    body = open_body(
        engine,
        GO2,
        replace(flight, values=flight.values | {"kp": np.full(12, 1.1), "kd": np.full(12, 1.1)}),
        lying=True,
    )
    start = body.truth().joint_position.astype(np.float32)
    elapsed = 0.0
    fastest = 0.0
    while elapsed < GO2.handling.gather_time + GO2.handling.rise_time + 0.2:
        advance(body, motions.rising(about(), start, elapsed), GO2.control_step)
        elapsed += GO2.control_step
        fastest = max(fastest, float(np.abs(body.truth().joint_velocity).max()))
    assert motions.has_risen(about(), body.truth().joint_position.astype(np.float32), elapsed)
    assert fastest < 3.0
    body.close()


def test_a_late_command_is_followed_late() -> None:
    prompt, late = (open_body("pybullet", GO2, scenario(delay=delay)) for delay in (0.0, 0.01))
    for body in (prompt, late):
        advance(body, STAND, 0.5)
    start = late.truth().joint_torque.copy()
    torques = []
    steps = round(0.01 / late.period)
    for _ in range(steps + 1):
        late.advance(LIMP)
        torques.append(late.truth().joint_torque.copy())
    assert torques[steps - 1] == pytest.approx(start, abs=0.5)
    assert np.abs(torques[steps]).max() < 0.5 < np.abs(start).max()
    prompt.advance(LIMP)
    assert np.abs(prompt.truth().joint_torque).max() < 0.5
    for body in (prompt, late):
        body.close()


def test_it_stands_on_its_commands(body: Body, flight: Scenario) -> None:
    truth = advance(body, STAND, 1.0).truth()
    # With no feed-forward the legs sag by a few centimetres.
    assert -body.heights()[14, 3] == pytest.approx(GO2.stand_height, abs=0.05)
    assert abs(truth.position[0] - flight.x) < 0.1


def test_lying_it_stays_on_the_ground_and_can_stand_up(lying: Body) -> None:
    assert -advance(lying, LIMP, 1.0).heights()[14, 3] < 0.13
    folded = lying.truth()
    for share in np.linspace(0.0, 1.0, 400):
        lying.advance(
            STAND._replace(
                position=((1 - share) * folded.joint_position + share * STAND.position).astype(
                    np.float32
                )
            )
        )
    assert -advance(lying, STAND, 0.5).heights()[14, 3] == pytest.approx(GO2.stand_height, abs=0.05)
    assert np.abs(lying.truth().position[:2] - folded.position[:2]).max() < 0.1


def test_the_grid_of_heights_shows_the_flight_ahead_of_the_robot(
    body: Body, flight: Scenario
) -> None:
    stairs = flight.stairs
    ahead = body.heights()
    rise = stairs.heading * stairs.riser
    # The robot starts 0.7 to 1 m before the first edge; the grid ends 0.9 m ahead of it.
    assert ahead[:20] == pytest.approx(ahead[10, 3])
    body.push(np.array([stairs.heading * 2.0, 0.0, 0.0]))
    nearer = advance(body, LIMP, 0.1).heights()
    assert nearer[28, 3] - nearer[10, 3] == pytest.approx(rise, abs=1e-6)


def test_a_push_changes_the_velocity_at_once(body: Body) -> None:
    before = body.truth().velocity
    body.push(np.array([0.1, -0.3, 0.0]))
    assert body.truth().velocity - before == pytest.approx([0.1, -0.3, 0.0])
