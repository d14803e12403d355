"""What every robot keeps: the contract of a file in `envs/robots`."""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env

import envs
from agents.evaluation.episodes.trials import Trial, Trials
from agents.networks import Actor
from deploy.bundle import golden
from deploy.bundle.artefacts import loaders, program_bytes, twin_bytes
from deploy.bundle.describe import facts
from deploy.bundle.families import deployed
from deploy.bundle.verify import examine
from deploy.runtime.bundle import archive, findings, trace
from deploy.runtime.bundle.program import TorchProgram
from deploy.runtime.errors import DeployError
from deploy.runtime.safety import motions, pilot
from deploy.simulation.rehearsal import EngineTrial, Episode
from envs.climb import ClimbBatch
from envs.families import family
from envs.physics.world import World
from envs.robots import ROBOTS
from envs.robots.go2 import GO2
from envs.robots.ranges import problem
from envs.robots.spec import RobotSpec
from envs.settings import out_of_range
from envs.task.scenario import from_options
from envs.task.staircase import Staircase
from tests.support.bundles import about, random_actor
from tests.support.facts import link_facts

PER_JOINT = (
    "lower",
    "upper",
    "torque_limit",
    "speed_limit",
    "stance",
    "folded",
    "kp",
    "kd",
    "joint_friction",
    "rotor_inertia",
)


@pytest.fixture(scope="module", params=list(ROBOTS.values()), ids=lambda spec: spec.name)
def spec(request: pytest.FixtureRequest) -> RobotSpec:
    found: RobotSpec = request.param
    return found


@pytest.fixture
def batch(spec: RobotSpec) -> Iterator[ClimbBatch]:
    made = ClimbBatch(spec, 1)
    yield made
    made.close()


def begin(batch: ClimbBatch, **options: object) -> None:
    rng = np.random.default_rng(0)
    scenario = from_options(rng, batch.spec, options, "nominal")
    batch.reset({0: scenario}, {0: rng})


def silent(spec: RobotSpec) -> Actor:
    """A network that always answers 0."""
    actor = random_actor(spec=spec)
    with torch.no_grad():
        for weight in actor.parameters():
            weight.zero_()
    return actor


def test_its_figures_fit_each_other(spec: RobotSpec) -> None:
    joints = len(spec.joint_names)
    assert {name: len(getattr(spec, name)) for name in PER_JOINT} == dict.fromkeys(
        PER_JOINT, joints
    )
    for name in ("hold_kp", "hold_kd", "damping"):
        assert len(getattr(spec.handling, name)) == joints, name
    for pose in (spec.stance, spec.folded):
        assert (np.array(spec.lower) <= pose).all()
        assert (np.array(spec.upper) >= pose).all()
    assert spec.arrived_height < spec.stand_height
    assert spec.control_step / spec.physics_step == pytest.approx(
        round(spec.control_step / spec.physics_step)
    )
    assert problem(spec.randomization) is None
    for field in fields(spec):
        if field.name in ("gait", "rewards"):
            assert out_of_range(getattr(spec, field.name)) is None


def test_its_urdf_has_its_joints_and_its_mass(spec: RobotSpec) -> None:
    world = World(spec)
    mass = sum(fact["mass"] for fact in link_facts(world).values())
    assert mass == pytest.approx(spec.mass, rel=0.001)
    assert len(world.joints()) == len(spec.joint_names)
    assert set(spec.payload_links) <= set(world.links)
    world.close()


def test_gymnasium_finds_nothing_wrong_with_its_environment(spec: RobotSpec) -> None:
    assert envs.ROBOTS[spec.name] is spec
    env = gymnasium.make(spec.env_id).unwrapped
    check_env(env, skip_render_check=True)
    env.close()


def test_it_stands(batch: ClimbBatch) -> None:
    begin(batch, riser=0.0, speed=0.0)
    start = batch.physics.state.position[0, :2].copy()
    for _ in range(round(2.0 / batch.spec.control_step)):
        result = batch.step(np.zeros((1, batch.actions), np.float32))
        assert result.end[0] == 0
    assert batch.physics.state.position[0, 2] > batch.spec.arrived_height
    assert np.linalg.norm(batch.physics.state.position[0, :2] - start) < 0.1


@pytest.mark.parametrize(("riser", "direction"), [(0.0, "up"), (0.04, "up"), (0.06, "down")])
def test_its_baseline_arrives(batch: ClimbBatch, riser: float, direction: str) -> None:
    begin(batch, riser=riser, direction=direction, steps=3)
    result = batch.step(np.zeros((1, batch.actions), np.float32))
    while not result.end[0]:
        result = batch.step(np.zeros((1, batch.actions), np.float32))
    assert batch.episodes.summary(0, int(result.end[0]))["is_success"]


def test_its_program_is_exported_and_verified_and_its_twin_agrees(spec: RobotSpec) -> None:
    actor = random_actor(spec=spec)
    made = about(**facts(spec))
    files = {
        archive.PROGRAM: program_bytes(spec, actor),
        archive.TWIN: twin_bytes(spec, actor),
        archive.GOLDEN: trace.to_bytes(golden.record(spec, actor, 60)),
    }
    assert set(files) <= set(loaders(spec)) | {archive.GOLDEN}
    found = examine(made, files, 5)
    assert [finding for finding in found if not finding.passed] == []
    assert any("twin" in finding.check for finding in found), findings.as_text("", found)


@pytest.mark.parametrize("engine", ["pybullet", "mujoco"])
def test_it_is_rehearsed_through_the_runtime(spec: RobotSpec, engine: str) -> None:
    made = about(**facts(spec))
    if spec.drives:
        with pytest.raises(DeployError, match="no motions for joints without a position"):
            motions.check(made)
        return
    actor = silent(spec)
    files = {
        archive.PROGRAM: program_bytes(spec, actor),
        archive.GOLDEN: trace.to_bytes(golden.record(spec, actor, 20)),
    }
    stairs = Staircase(riser=0.03, steps=3)
    trials = Trials(policy="silent", robot=spec.name, flights=(stairs,), episodes=1, seed=7)
    play = EngineTrial(engine, Trial(stairs, 0))  # type: ignore[arg-type]
    played = Episode(about=made, programs=pilot.load(made, files), trials=trials, play=play).run()
    assert (played.outcome.end, played.trip) == ("arrived", "")


ORDERS = {
    "joint by joint": [3 * leg + joint for joint in range(3) for leg in (3, 1, 0, 2)],
    "legs rotated": [6, 7, 8, 0, 1, 2, 9, 10, 11, 3, 4, 5],
}


def shuffled(order: list[int]) -> RobotSpec:
    """A Go2 whose motors stand in another order."""

    def moved(figures: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(figures[joint] for joint in order)

    gains: dict[str, Any] = {
        name: moved(getattr(GO2.handling, name)) for name in ("hold_kp", "hold_kd", "damping")
    }
    handling = replace(GO2.handling, **gains)
    figures: dict[str, Any] = {
        name: moved(getattr(GO2, name)) for name in ("joint_names", *PER_JOINT)
    }
    return replace(GO2, handling=handling, **figures)


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_the_vendors_motor_order_does_not_matter(order: list[int]) -> None:
    traces = []
    for spec in (GO2, shuffled(order)):
        batch = ClimbBatch(spec, 1)
        begin(batch, riser=0.05, steps=3)
        rng = np.random.default_rng(1)
        steps = []
        for _ in range(60):
            batch.step(rng.uniform(-0.3, 0.3, (1, batch.actions)).astype(np.float32))
            steps.append(batch.physics.state.position[0].copy())
        traces.append(np.array(steps))
        batch.close()
    assert np.abs(traces[0] - traces[1]).max() < 1e-9


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_program_and_twin_answer_in_the_vendors_motor_order(order: list[int]) -> None:
    actor = random_actor()
    plain, spec = golden.record(GO2, actor, 40), shuffled(order)
    for artefact in (
        TorchProgram(program_bytes(spec, actor)),
        deployed(spec).twin(twin_bytes(spec, actor)),
    ):
        artefact.reset()
        for step in range(40):
            reading = dict(zip(plain.sensors, plain.reading(step), strict=True))
            for name in ("joint_position", "joint_velocity"):
                reading[name] = reading[name][order]
            said = artefact.step(*reading.values())
            for name, part in zip(plain.commands, said, strict=True):
                expected = plain.commands[name][step][order]
                assert np.abs(np.asarray(part) - expected).max() < 4e-3, (name, step)


def test_a_family_is_looked_up_by_what_a_robot_moves_on(spec: RobotSpec) -> None:
    its = family(spec)
    assert "zero" in its.baselines
    controller = its.controller(spec)
    assert sum(term.size for term in its.terms(spec)) == controller.observations
    assert len(its.footprint(spec)) >= 3
