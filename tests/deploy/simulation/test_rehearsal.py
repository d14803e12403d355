"""Rehearsals: sensors, referee and clock of a simulated robot, the episode through the runtime, and
the verdict.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents import policies
from agents.evaluation.episodes.results import summarise
from agents.evaluation.episodes.trials import Trial, TrialOutcome, Trials
from deploy.bundle import golden, signing
from deploy.bundle.artefacts import program_bytes
from deploy.bundle.assemble import sealed
from deploy.runtime.bundle import archive, trace
from deploy.runtime.errors import DeployError, MissingExtraError, VerificationError
from deploy.runtime.link import MotorCommand, Remote
from deploy.runtime.safety import pilot
from deploy.runtime.safety.attitude import gravity_in_base
from deploy.simulation import rehearse as command
from deploy.simulation import steering
from deploy.simulation.body import Truth
from deploy.simulation.engines import open_body
from deploy.simulation.lockstep import Lockstep
from deploy.simulation.referee import Referee
from deploy.simulation.rehearsal import GO, Episode, Play
from deploy.simulation.rehearse import RehearseConfig, Row, rehearse
from deploy.simulation.senses import Senses, attitude, heading
from envs import frames
from envs.robots.go2 import GO2
from envs.task.staircase import Direction, Staircase
from tests.support.bundles import about, key_pair
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
            position=np.array([0.0, aside, 0.3]),
            quaternion=np.array(along),
        )
        for aside in (0.0, to_its_left, -to_its_left)
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


def test_physics_goes_on_while_the_loop_sleeps_and_not_otherwise() -> None:
    drawn = scenario(riser=0.0)
    seen = []
    body = open_body("mujoco", GO2, drawn)
    link = Lockstep(
        body=body,
        senses=Senses(spec=GO2, scenario=drawn, rng=np.random.default_rng(0), truth=body.truth()),
        pilot=lambda now, _: Remote(turn=now),
        watch=lambda now, _: seen.append(now),
    )
    first = link.state()
    assert link.now() == 0.0
    link.sleep_until(0.0)
    assert link.state() is first
    for deadline in (0.02, 0.04):
        link.sleep_until(deadline)
    assert link.now() == pytest.approx(0.04)
    assert seen == pytest.approx([0.02, 0.04])
    state = link.state()
    ground = link.height_map()
    assert (state.received, ground.received, state.remote.turn) == pytest.approx((0.04, 0.04, 0.04))
    # Nothing has been sent yet: limp, it falls.
    assert body.truth().velocity[2] < -0.05


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    actor = policies.load("go2").actor
    assert actor is not None
    return {
        archive.PROGRAM: program_bytes(GO2, actor),
        archive.GOLDEN: trace.to_bytes(golden.record(GO2, actor, 30)),
    }


@pytest.fixture(scope="module")
def signed(
    files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., RehearseConfig]:
    folder = tmp_path_factory.mktemp("rehearse")
    key = key_pair(folder)
    (folder / "go2.bundle").write_bytes(sealed(about(), files, signing.load_private(key)))
    return lambda **options: RehearseConfig(folder / "go2.bundle", folder / "key.pub", **options)


def trials(stairs: Staircase, **changes: object) -> Trials:
    made = Trials(policy="go2", robot="go2", flights=(stairs,), episodes=1, seed=7)
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["pybullet", "mujoco"])
def test_armed_by_a_person_it_stands_up_climbs_and_arrives(
    files: dict[str, bytes], engine: str
) -> None:
    stairs = Staircase(steps=3)
    programs = pilot.load(about(), files)
    once, again = (
        Episode(
            about=about(),
            programs=programs,
            trials=trials(stairs),
            play=Play(engine, Trial(stairs, 0)),  # type: ignore[arg-type]
        ).run()
        for _ in range(2)
    )
    assert once.outcome.end == "arrived"
    assert once.trip == ""
    assert 3.0 < once.outcome.seconds < 10.0
    assert once == again


def test_a_guard_that_trips_is_reported(files: dict[str, bytes]) -> None:
    stairs = Staircase(riser=0.0)
    episode = Episode(
        about=about(max_tilt=0.001),
        programs=pilot.load(about(), files),
        trials=trials(stairs, seconds=1.0),
        play=Play("mujoco", Trial(stairs, 0)),
    )
    played = episode.run()
    assert played.outcome.end == "timeout"
    assert played.trip.startswith("tilt:")
    assert played.outcome.seconds == pytest.approx(1.0)


def test_before_a_person_says_go_it_stays_where_it_is(files: dict[str, bytes]) -> None:
    stairs = Staircase(riser=0.0)
    episode = Episode(
        about=about(),
        programs=pilot.load(about(), files),
        trials=trials(stairs),
        play=Play("mujoco", Trial(stairs, 0)),
    )
    link = episode._link
    start = episode._body.truth().position
    while link.now() < GO:
        link.sleep_until(link.now() + 0.02)
    assert np.abs(episode._body.truth().position - start).max() < 0.05


def row(there: int, here: int) -> Row:
    stairs = Staircase()
    played = [{Trial(stairs, k): outcome(k < good) for k in range(10)} for good in (there, here)]
    return Row(*(summarise(trials(stairs, episodes=10), outcomes)[0] for outcomes in played))


def outcome(arrived: bool) -> TrialOutcome:
    return TrialOutcome(
        end="arrived" if arrived else "fall", seconds=5.0, speed=0.5, cost_of_transport=1.0
    )


def test_the_verdict_is_a_ratio() -> None:
    assert row(9, 10).ratio == pytest.approx(0.9)
    assert row(4, 8).ratio == pytest.approx(0.5)
    assert row(5, 0).ratio == 0.0


def test_rehearse_reports_both_engines_and_fails_below_the_mark(
    signed: Callable[..., RehearseConfig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.json"
    config = signed(
        risers="0.10", directions="down", episodes=1, workers=1, randomize="nominal", json=out
    )
    # The episodes are played here instead of in processes of their own.
    monkeypatch.setattr(
        command, "gather", lambda work, shares: (item for share in shares for item in work(share))
    )
    report = rehearse(config)
    assert "10.0 cm  down  1/1 (21-100%)" in report
    assert "1.00  ok" in report
    said = json.loads(out.read_text())
    (flight,) = said["flights"]
    assert (
        flight["mujoco"]["successes"],
        flight["pybullet"]["successes"],
        flight["ratio"],
        flight["passed"],
    ) == (1, 1, 1.0, True)
    monkeypatch.setattr(command, "ENOUGH", 1.1)
    with pytest.raises(
        VerificationError, match=r"1.00 of PyBullet's success in mujoco at 10 cm down"
    ) as error:
        rehearse(replace(config, json=None))
    assert error.value.status == 4
    assert "FAIL" in error.value.report


@pytest.mark.parametrize(
    "options", [{"risers": "0.9"}, {"risers": "high"}, {"directions": "sideways"}, {"episodes": 0}]
)
def test_wrong_arguments_are_refused_before_anything_runs(
    signed: Callable[..., RehearseConfig], options: dict[str, object]
) -> None:
    with pytest.raises(DeployError):
        rehearse(signed(**options))


def test_without_the_engine_the_message_names_its_package(
    signed: Callable[..., RehearseConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(MissingExtraError, match="pip install mujoco"):
        rehearse(signed())
