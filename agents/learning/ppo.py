"""PPO's settings, and stable-baselines3's PPO built from them."""

import math
from dataclasses import dataclass
from typing import Annotated

from stable_baselines3 import PPO

from agents.learning.learner import Learner
from agents.learning.vec_robots import VecRobots
from agents.networks import ClimbPolicy
from envs.settings import Within


@dataclass(frozen=True)
class PPOConfig:
    """Settings of PPO."""

    rollout: Annotated[int, Within(2, 100_000)] = 64
    """Control steps of each robot between two updates."""
    minibatch: Annotated[int, Within(2, 10**9)] = 4096
    """Samples in one gradient step."""
    epochs: Annotated[int, Within(1, 1000)] = 5
    """Passes over a rollout."""
    gamma: Annotated[float, Within(0.0, 1.0)] = 0.99
    """Discount per control step."""
    gae_lambda: Annotated[float, Within(0.0, 1.0)] = 0.95
    """Generalised advantage estimation's lambda (Schulman et al. 2016)."""
    clip: Annotated[float, Within(0.001, 10.0)] = 0.2
    """Largest distance of the probability ratio from 1 (Schulman et al. 2017)."""
    entropy: Annotated[float, Within(0.0, 100.0)] = 0.0005
    """Weight of the entropy bonus."""
    value: Annotated[float, Within(0.0, 100.0)] = 1.0
    """Weight of the critic's loss."""
    max_gradient: Annotated[float, Within(1e-6, 1e6)] = 1.0
    """Largest norm of a gradient; a longer one is scaled down."""
    rate: Annotated[float, Within(0.0, 1.0)] = 5e-4
    """First learning rate; `target_kl` moves it from there."""
    target_kl: Annotated[float, Within(1e-6, 10.0)] = 0.012
    """The learning rate falls when an update's KL divergence is over 1.5 of this, and rises when it
    is under two thirds.
    """
    deviation: Annotated[float, Within(1e-3, 10.0)] = 0.15
    """First standard deviation of the actions. Small: the trot under the policy walks already, and
    large noise drowns it.
    """


LOWEST_RATE = 2e-5
HIGHEST_RATE = 1e-3


def next_rate(rate: float, kl: float, target: float) -> float:
    """Learning rate after an update that moved the policy by `kl`: the rule of rsl_rl, once an
    update.
    """
    if kl > 1.5 * target:
        return max(LOWEST_RATE, rate / 1.3)
    if kl < target / 1.5:
        return min(HIGHEST_RATE, rate * 1.3)
    return rate


def set_rate(model: PPO, rate: float) -> None:
    """Learning rate of the following updates."""
    model.lr_schedule = lambda _: rate


def build(config: PPOConfig, env: VecRobots, seed: int) -> Learner:
    """A fresh PPO over `env`, of the kind that collects its rollouts.

    Raises:
        ValueError: the minibatch does not divide a rollout.
    """
    samples = config.rollout * env.num_envs
    if samples % config.minibatch:
        raise ValueError(
            f"minibatch is {config.minibatch}; use a divisor of {samples}, which is rollout x "
            "robots"
        )
    model = env.algorithm(
        ClimbPolicy,
        env,
        learning_rate=config.rate,
        n_steps=config.rollout,
        batch_size=config.minibatch,
        n_epochs=config.epochs,
        gamma=config.gamma,
        gae_lambda=config.gae_lambda,
        clip_range=config.clip,
        ent_coef=config.entropy,
        vf_coef=config.value,
        max_grad_norm=config.max_gradient,
        target_kl=3 * config.target_kl,
        policy_kwargs={"log_std_init": math.log(config.deviation)},
        device="cpu",
        seed=seed,
    )
    set_rate(model, config.rate)
    return model
