"""The update in two threads is stable-baselines3's own, bit for bit."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3 import PPO
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import DummyVecEnv

from agents.learning.driven import NotFiniteError
from agents.learning.learner import Learner
from agents.networks import ClimbPolicy

STEPS = 64
ROBOTS = 8


class Still(gymnasium.Env[Any, Any]):
    """An environment that is never stepped."""

    observation_space = spaces.Dict(
        {
            name: spaces.Box(-10, 10, (size,), np.float32)
            for name, size in (("policy", 191), ("privileged", 12))
        }
    )
    action_space = spaces.Box(-1, 1, (13,), np.float32)


def learner(kind: type[PPO], target_kl: float) -> PPO:
    model = kind(
        ClimbPolicy,
        DummyVecEnv([Still] * ROBOTS),
        n_steps=STEPS,
        batch_size=128,
        n_epochs=3,
        target_kl=target_kl,
        ent_coef=0.01,
        seed=1,
        device="cpu",
    )
    model.set_logger(Logger(None, []))
    return model


def fill(model: PPO, rng: np.random.Generator) -> None:
    """Put a random rollout into the buffer."""
    buffer: Any = model.rollout_buffer
    buffer.reset()
    for _ in range(STEPS):
        observation: Any = {
            name: rng.standard_normal((ROBOTS, *space.shape), np.float32)
            for name, space in Still.observation_space.items()
            if space.shape
        }
        with torch.no_grad():
            actions, values, log_prob = model.policy(
                {name: torch.from_numpy(array) for name, array in observation.items()}
            )
        buffer.add(
            observation,
            actions.numpy(),
            rng.standard_normal(ROBOTS),
            rng.random(ROBOTS) < 0.1,
            values,
            log_prob,
        )
    buffer.compute_returns_and_advantage(torch.zeros(ROBOTS), np.zeros(ROBOTS))


def updated(kind: type[PPO], target_kl: float) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Weights and log of a learner after two updates from random rollouts."""
    model = learner(kind, target_kl)
    rng = np.random.default_rng(0)
    for _ in range(2):
        fill(model, rng)
        model.train()
    return model.policy.state_dict(), model.logger.name_to_value


# Never too far; too far within an update.
@pytest.mark.parametrize("target_kl", [10.0, 0.001])
def test_the_weights_are_those_of_stable_baselines(target_kl: float) -> None:
    (ours, our_log) = updated(Learner, target_kl)
    (theirs, their_log) = updated(PPO, target_kl)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert our_log.keys() == their_log.keys()
    for name, value in their_log.items():
        assert our_log[name] == pytest.approx(value, rel=1e-4, abs=1e-6), name


@pytest.mark.parametrize("poison", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["returns", "advantages"])
def test_a_gradient_that_is_not_finite_stops_before_the_weights_change(
    where: str, poison: float
) -> None:
    model = learner(Learner, 10.0)
    fill(model, np.random.default_rng(0))
    getattr(model.rollout_buffer, where)[3, 2] = poison
    model.n_epochs = 1
    model.batch_size = STEPS * ROBOTS
    before = {name: weight.clone() for name, weight in model.policy.state_dict().items()}
    with pytest.raises(
        NotFiniteError, match=r"gradient is not finite; the weights are as they were.*--resume"
    ):
        model.train()
    assert all(
        torch.equal(weight, before[name]) for name, weight in model.policy.state_dict().items()
    )
