"""Policies by name or path, and an actor that cannot see what only a simulator knows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces

from agents import checkpoint, policies
from agents.networks import Actor, ClimbPolicy
from envs.gym_env import observation_space
from envs.programs.legged import Controller
from envs.robots.go2 import GO2
from envs.settings import plain

SIZE = Controller(GO2).observations


def actor_state(observations: int = SIZE, actions: int = 13) -> dict[str, Any]:
    torch.manual_seed(0)
    return {
        "robot": "go2",
        "actor": Actor(observations, actions).state_dict(),
        "origin": {"steps": 1},
    }


def sb3_policy() -> ClimbPolicy:
    torch.manual_seed(0)
    return ClimbPolicy(
        observation_space(SIZE), spaces.Box(-1.0, 1.0, (13,), np.float32), lambda _: 1e-3
    )


def training_state(policy: ClimbPolicy) -> dict[str, Any]:
    return {"config": {"robot": "go2"}, "steps": 5, "minutes": 1.0, "policy": policy.state_dict()}


def observations(rows: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return {
        "policy": torch.randn(rows, SIZE, generator=generator),
        "privileged": torch.randn(rows, 12, generator=generator),
    }


def mean_action(policy: ClimbPolicy, seen: dict[str, torch.Tensor]) -> torch.Tensor:
    distribution: Any = policy.get_distribution(seen).distribution
    return distribution.mean


def test_an_unknown_name_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(policies.PolicyError, match=r"zero, scripted, random"):
        policies.load("no-such-policy")


def test_a_folder_without_checkpoints_is_refused(tmp_path: Path) -> None:
    with pytest.raises(policies.PolicyError, match="train there first"):
        policies.load(str(tmp_path))


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = checkpoint.save(tmp_path, 1, actor_state())
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(policies.PolicyError, match="damaged"):
        policies.load(str(path))


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no policy")
    with pytest.raises(policies.PolicyError, match="not a checkpoint"):
        policies.load(str(tmp_path / "notes.txt"))


@pytest.mark.parametrize(
    "state",
    [
        actor_state(observations=SIZE - 1),
        actor_state(actions=12),
        actor_state() | {"actor": {}},
        actor_state() | {"actor": 3},
        actor_state() | {"robot": "cat"},
        actor_state() | {"robot": ["go2"]},
        {"unexpected": 1},
    ],
)
def test_a_policy_that_does_not_fit_is_refused(tmp_path: Path, state: dict[str, Any]) -> None:
    path = checkpoint.save(tmp_path, 1, state)
    with pytest.raises(policies.PolicyError, match="train it again") as error:
        policies.load(str(path))
    assert "\n" not in str(error.value)


def test_a_training_checkpoint_acts_as_the_trained_policy_does(tmp_path: Path) -> None:
    policy = sb3_policy()
    seen = observations(6)
    checkpoint.save(tmp_path, 5, training_state(policy))
    loaded = policies.load(str(tmp_path))
    expected, _ = policy.predict(
        {name: part.numpy() for name, part in seen.items()}, deterministic=True
    )
    assert loaded.act(seen["policy"].numpy(), []) == pytest.approx(expected, abs=1e-6)
    assert loaded.origin["steps"] == 5


def test_a_policy_drives_the_gait_it_was_trained_with(tmp_path: Path) -> None:
    gait = replace(GO2.trot, clearance=0.13)
    state = training_state(sb3_policy())
    settings = {"robot": "go2", "gait": plain(gait), "rewards": {"progress": 9.0}}
    checkpoint.save(tmp_path, 5, policies.slim(state | {"config": settings}))
    assert policies.load(str(tmp_path)).spec == replace(GO2, gait=gait)
    # One that was trained before settings were saved has the robot's own.
    checkpoint.save(tmp_path, 6, state)
    assert policies.load(str(tmp_path)).spec == GO2
    checkpoint.save(tmp_path, 7, state | {"config": {"robot": "go2", "gait": {"hop": 1.0}}})
    with pytest.raises(policies.PolicyError, match="train it again"):
        policies.load(str(tmp_path))


def test_a_slim_policy_loads_again_and_acts_the_same(tmp_path: Path) -> None:
    state = policies.slim(training_state(sb3_policy()))
    assert policies.slim(state) is state
    path = checkpoint.save(tmp_path, 1, state)
    seen = observations(3)["policy"].numpy()
    assert np.array_equal(
        policies.load(str(path)).act(seen, []), policies.load(str(path)).act(seen, [])
    )


def test_actions_stay_within_one(tmp_path: Path) -> None:
    state = actor_state()
    state["actor"]["head.bias"] += 100.0
    loaded = policies.load(str(checkpoint.save(tmp_path, 1, state)))
    assert (loaded.act(np.zeros((2, SIZE), np.float32), []) == 1.0).all()


def test_baselines_need_no_file() -> None:
    seen = np.zeros((2, SIZE), np.float32)
    assert not policies.load("zero").act(seen, []).any()
    drawn, again = (
        policies.load("random").act(seen, [np.random.default_rng(row) for row in (1, 2)])
        for _ in range(2)
    )
    assert np.array_equal(drawn, again)
    assert not np.array_equal(drawn[0], drawn[1])
    assert np.abs(drawn).max() <= 1.0


def test_the_actor_is_blind_to_what_is_privileged_and_the_critic_is_not() -> None:
    policy = sb3_policy()
    seen = observations(4)
    other = seen | {"privileged": seen["privileged"] + 1.0}
    with torch.no_grad():
        assert torch.equal(mean_action(policy, seen), mean_action(policy, other))
        assert not torch.allclose(policy.predict_values(seen), policy.predict_values(other))


def test_the_actor_sees_every_observation() -> None:
    policy = sb3_policy()
    seen = observations(1)
    part = seen["policy"].requires_grad_()
    mean_action(policy, seen).sum().backward()
    assert part.grad is not None
    assert (part.grad != 0).all()
