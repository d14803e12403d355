"""The tracked robot through the same doors as the Go2: environment, controller, posture, export."""

import io
import warnings
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env

import envs  # noqa: F401  (registers the ids)
from agents.networks import Actor
from deploy.bundle.artefacts import program_bytes
from deploy.runtime.bundle.program import torchscript
from envs.climb import ClimbBatch
from envs.gym_env import StairClimbEnv
from envs.programs import tracked
from envs.programs.sensors import MAP_X_COUNT
from envs.robots.tracked import TRACKED
from envs.task import rewards
from envs.task.scenario import from_options
from tests.support.facts import link_facts

ID = "StairClimb-Tracked-v1"
X = -0.5 + 0.05 * torch.arange(MAP_X_COUNT)


def batch(**options: float | str) -> ClimbBatch:
    made = ClimbBatch(TRACKED, 1)
    made.reset(
        {
            0: from_options(
                rng=np.random.default_rng(0), spec=TRACKED, options=options, randomize="nominal"
            )
        },
        {0: np.random.default_rng(0)},
    )
    return made


def test_gymnasiums_checks_pass_without_a_warning() -> None:
    env = gym.make(ID).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env, skip_render_check=True)
    assert env.metadata["render_fps"] == 20
    env.close()


def test_a_robot_in_a_batch_is_a_single_robot_of_its_own_seed_bit_for_bit() -> None:
    many = gym.make_vec(ID, num_envs=3)
    one = gym.make(ID)
    played = np.random.default_rng(0).uniform(-1, 1, (30, 3, 6)).astype(np.float32)
    seen = [many.reset(seed=7)[0]["policy"][2]]
    alone = [one.reset(seed=9)[0]["policy"]]
    for actions in played:
        seen.append(many.step(actions)[0]["policy"][2])
        alone.append(one.step(actions[2])[0]["policy"])
    assert np.array_equal(seen, alone)
    many.close()
    one.close()


def test_the_data_sheet_names_what_it_does_and_sees() -> None:
    sheet = StairClimbEnv.__doc__ or ""
    names = (
        [term.name for term in tracked.terms(TRACKED)]
        + [action.meaning for action in tracked.action_table(TRACKED)]
        + list(rewards.names(TRACKED.rewards))
    )
    assert [name for name in names if name not in sheet] == []


@pytest.mark.parametrize(("riser", "direction"), [(0.10, "up"), (0.17, "down")])
def test_without_a_policy_it_climbs_10_cm_and_descends_17_cm(riser: float, direction: str) -> None:
    made = batch(riser=riser, direction=direction, steps=4)
    for _ in range(300):
        result = made.step(np.zeros((1, made.actions), np.float32))
        if result.end[0]:
            break
    summary = made.episodes.summary(0, int(result.end[0]))
    made.close()
    assert summary["is_success"]
    assert 0.1 < float(summary["peak_pitch_rate"]) < 4.0
    assert 0.01 < float(summary["peak_jolt"]) < 2.0


@pytest.mark.parametrize(("riser", "x"), [(0.0, -0.8), (0.17, 0.9), (0.2, -0.1), (0.2, 1.4)])
def test_told_to_stand_it_stays_wherever_on_a_flight_it_starts(riser: float, x: float) -> None:
    made = ClimbBatch(TRACKED, 1)
    scenario = replace(
        from_options(
            rng=np.random.default_rng(0),
            spec=TRACKED,
            options={"riser": riser, "speed": 0.0},
            randomize="nominal",
        ),
        x=x,
    )
    made.reset({0: scenario}, {0: np.random.default_rng(0)})
    places = [np.array(made.physics.worlds[0].base()[:3])]
    for _ in range(40):
        result = made.step(np.zeros((1, made.actions), np.float32))
        places.append(np.array(made.physics.worlds[0].base()[:3]))
    made.close()
    assert result.end[0] == 0
    # It settles while the flippers find the ground, then it stands.
    assert np.linalg.norm(places[20] - places[0]) < 0.2
    assert np.linalg.norm(places[40] - places[20]) < 0.02


def test_payload_sits_where_it_was_drawn() -> None:
    made = batch(payload=8.0, payload_x=0.1, payload_y=-0.04)
    facts = link_facts(made.physics.worlds[0])
    extra = (
        np.array([facts[name]["mass"] for name in TRACKED.payload_links])
        - TRACKED.tracks.wheel_mass
    )
    made.close()
    assert extra.sum() == pytest.approx(8.0, abs=1e-3)
    assert extra @ np.array(TRACKED.tracks.axis_in_base)[:, :2] / extra.sum() == pytest.approx(
        [0.1, -0.04], abs=1e-3
    )


def test_energy_counts_what_the_ground_takes_from_the_tracks() -> None:
    made = batch(riser=0.0)
    for _ in range(80):
        made.step(np.zeros((1, made.actions), np.float32))
    flat = made.episodes.summary(0, 4)["cost_of_transport"]
    made.close()
    steep = batch(riser=0.1)
    for _ in range(120):
        steep.step(np.zeros((1, steep.actions), np.float32))
    climbing = steep.episodes.summary(0, 4)["cost_of_transport"]
    steep.close()
    # Lifting a weight by 0.1 m in 0.28 m costs at least 0.36 of weight times way.
    assert float(climbing) > float(flat) + 0.15


def test_the_exported_program_is_the_simulators_controller() -> None:
    torch.manual_seed(0)
    controller = tracked.Controller(TRACKED)
    actor = Actor(controller.observations, controller.actions).eval()
    with torchscript():
        program = torch.jit.load(io.BytesIO(program_bytes(TRACKED, actor)))
    made = batch(riser=0.12)
    policy = controller.observe(made.sensors, controller.start(1))[0].numpy()
    for _ in range(25):
        reading = made.sensors
        with torch.inference_mode():
            exported = program(*reading)
            action = actor(torch.from_numpy(policy))
        policy = made.step(action.numpy()).policy
        for ours, theirs in zip(made.command, exported, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)
    made.close()
