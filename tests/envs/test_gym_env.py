"""The environments keep Gymnasium's contract, repeat exactly, and say how an episode ended."""

import os
import warnings
from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as sb3_check_env

import envs  # noqa: F401  (registers the ids)
from envs.gym_env import StairClimbEnv
from envs.programs.legged import terms
from envs.robots.go2 import GO2
from envs.robots.ranges import rows
from envs.task import rewards
from tests.support.play import actions, flat_observation, same, trajectory

ID = "StairClimb-Go2-v1"
FLAT = {"riser": 0.0, "steps": 3, "randomize": "nominal"}


@pytest.fixture
def env() -> Iterator[StairClimbEnv]:
    made = StairClimbEnv()
    yield made
    made.close()


def idle_until_the_end(env: StairClimbEnv, most: int = 500) -> tuple[bool, bool, dict[str, Any]]:
    for _ in range(most):
        *_, terminated, truncated, info = env.step(np.zeros(13, np.float32))
        if terminated or truncated:
            return terminated, truncated, info
    raise AssertionError(f"no end within {most} steps")


@pytest.mark.parametrize("render_mode", [None, "rgb_array"])
def test_gymnasiums_checks_pass_without_a_warning(render_mode: str | None) -> None:
    env = gym.make(ID, render_mode=render_mode).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env, skip_render_check=True)
    env.close()


def test_stable_baselines_checks_pass_without_a_warning(env: StairClimbEnv) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sb3_check_env(env)


def test_the_environment_knows_its_own_spec() -> None:
    env = gym.make(ID)
    assert env.spec is not None
    assert env.spec.id == ID
    env.close()


def test_same_seed_and_actions_repeat_bit_for_bit_whatever_ran_before(env: StairClimbEnv) -> None:
    fresh = trajectory(env, seed=3)
    used = StairClimbEnv()
    trajectory(used, seed=10, riser=0.2, width=0.7)
    trajectory(used, seed=11, riser=0.05, width=4.0, direction="down", steps=120)
    used.reset(seed=12)
    used.batch.physics.worlds[0].reset((0, 0, 2), (1, 0, 0, 0), GO2.stance)
    for action in actions(12, 30):
        used.step(action)
    assert same(fresh, trajectory(used, seed=3))
    used.close()


def test_different_seeds_differ(env: StairClimbEnv) -> None:
    assert not same(trajectory(env, seed=1, steps=1), trajectory(env, seed=2, steps=1))


def test_episodes_after_the_seeded_one_repeat_too(env: StairClimbEnv) -> None:
    runs = []
    for _ in range(2):
        env.reset(seed=5)
        runs.append([flat_observation(env.reset()[0]) for _ in range(3)])
    assert same(*runs)
    assert not np.array_equal(runs[0][0], runs[0][1])


def test_options_fix_what_they_name(env: StairClimbEnv) -> None:
    chosen = {
        "riser": 0.07,
        "tread": 0.3,
        "steps": 5,
        "width": 1.0,
        "direction": "down",
        "speed": 0.3,
        "seconds": 3.0,
        "friction": 0.5,
        "payload": 2.0,
    }
    for seed in range(3):
        _, info = env.reset(seed=seed, options=chosen)
        scenario = env.batch.episodes.scenarios[0]
        assert scenario is not None
        assert (info["riser"], info["direction"]) == (0.07, "down")
        assert {
            name: getattr(scenario.stairs, name)
            for name in ("riser", "tread", "steps", "width", "direction")
        }.items() <= chosen.items()
        assert (scenario.speed, scenario.seconds) == (0.3, 3.0)
        assert (scenario.values["friction"][0], scenario.values["payload"][0]) == (0.5, 2.0)


def test_options_hold_for_one_episode_only(env: StairClimbEnv) -> None:
    env.reset(seed=0, options={"riser": 0.2})
    assert env.reset()[1]["riser"] == 0.10


def test_irregular_flights_are_irregular(env: StairClimbEnv) -> None:
    env.reset(seed=0, options={"irregularity": 0.01})
    scenario = env.batch.episodes.scenarios[0]
    assert scenario is not None
    assert np.ptp(np.diff(scenario.stairs.tops)) > 0.005


@pytest.mark.parametrize(
    "options",
    [
        {"rizer": 0.1},
        {"riser": 0.5},
        {"steps": 100},
        {"direction": "left"},
        {"speed": -1.0},
        {"speed": float("nan")},
        {"seconds": 0.0},
        {"friction": 9.0},
        {"payload": float("nan")},
        {"randomize": "some"},
        {"irregularity": 0.3},
    ],
)
def test_impossible_options_are_refused_and_the_remedy_named(
    env: StairClimbEnv, options: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="use") as error:
        env.reset(seed=0, options=options)
    assert "\n" not in str(error.value)


def test_impossible_arguments_are_refused() -> None:
    for arguments in ({"robot": "cat"}, {"render_mode": "ascii"}, {"randomize": "some"}):
        with pytest.raises(ValueError, match="use"):
            StairClimbEnv(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "action",
    [np.full(13, np.nan), np.full(13, np.inf), np.zeros(12), np.zeros((1, 13)), np.float32(0.0)],
)
def test_an_action_that_is_none_is_refused(env: StairClimbEnv, action: np.ndarray) -> None:
    env.reset(seed=0)
    with pytest.raises(ValueError, match="action"):
        env.step(action)


def test_actions_beyond_one_count_as_one(env: StairClimbEnv) -> None:
    env.reset(seed=0)
    clipped = env.step(np.ones(13, np.float32))[0]["policy"]
    env.reset(seed=0)
    assert np.array_equal(env.step(np.full(13, 50.0, np.float32))[0]["policy"], clipped)


def test_arriving_is_a_success(env: StairClimbEnv) -> None:
    env.reset(seed=0, options=FLAT)
    terminated, truncated, info = idle_until_the_end(env)
    assert (terminated, truncated, info["end"], info["is_success"]) == (
        True,
        False,
        "arrived",
        True,
    )
    assert info["share"] > 0.95
    assert info["return"] > GO2.rewards.arrival


def test_running_out_of_time_is_a_timeout(env: StairClimbEnv) -> None:
    env.reset(seed=0, options=FLAT | {"seconds": 0.5})
    terminated, truncated, info = idle_until_the_end(env)
    assert (terminated, truncated, info["end"], info["is_success"]) == (
        False,
        True,
        "timeout",
        False,
    )
    assert info["seconds"] == pytest.approx(0.5)


def test_tipping_over_is_a_fall(env: StairClimbEnv) -> None:
    env.reset(seed=0, options=FLAT)
    env.batch.physics.worlds[0].reset((-0.8, 0.0, 0.2), (0.7071, 0, 0, 0.7071), GO2.stance)
    terminated, truncated, info = idle_until_the_end(env)
    assert (terminated, truncated, info["end"], info["is_success"]) == (True, False, "fall", False)


def test_leaving_the_stairs_is_off_side(env: StairClimbEnv) -> None:
    env.reset(seed=0, options=FLAT | {"width": 0.8})
    env.batch.physics.worlds[0].reset((-0.8, 0.45, GO2.stand_height), (0, 0, 0, 1), GO2.stance)
    terminated, truncated, info = idle_until_the_end(env)
    assert (terminated, truncated, info["end"], info["is_success"]) == (
        True,
        False,
        "off_side",
        False,
    )


def test_pictures_show_something() -> None:
    env = StairClimbEnv(render_mode="rgb_array")
    env.reset(seed=0)
    picture = env.render()
    assert picture.shape == (400, 640, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 10
    env.close()


@pytest.mark.skipif(os.name != "posix", reason="X11")
def test_a_window_without_a_display_is_an_error_and_not_the_end_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISPLAY", ":987")
    with pytest.raises(RuntimeError, match="use render_mode='rgb_array'"):
        StairClimbEnv(render_mode="human")


def test_the_data_sheet_names_everything() -> None:
    sheet = StairClimbEnv.__doc__ or ""
    names = (
        [term.name for term in terms(GO2)]
        + list(rewards.names(GO2.rewards))
        + [row.name for row in rows(GO2.randomization)]
    )
    assert [
        name
        for name in (*names, "Versions", "terminated", "truncated", "Reset options")
        if name not in sheet
    ] == []
