"""Cost of training, part by part: python -m agents.training.benchmark.

Bare Bullet, Gymnasium's Ant, and stable-baselines3's own environments and PPO are beside it.

Both trainings take the same number of samples into an update, in the same minibatches, with the
same networks. Read the figures of one run against each other.
"""

import time
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
import torch
import tyro
from numpy.typing import NDArray
from rich.console import Console
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import SubprocVecEnv, VecEnv

from agents.learning import ppo
from agents.learning.driven import means
from agents.learning.ppo import PPOConfig
from agents.learning.vec_env import ClimbVecEnv
from agents.networks import Actor, ClimbPolicy, actor_weights
from envs import benchmark
from envs.benchmark import BenchmarkConfig, Stopwatch
from envs.robots import find


@dataclass(frozen=True)
class Config(BenchmarkConfig):
    """Measure environment steps a second, with and without learning, under full randomisation."""

    iterations: int = 3
    """Rollouts and updates to measure of our training."""
    processes: int = 8
    """Environments of SubprocVecEnv, each in a process of its own."""


def ours(config: Config) -> tuple[float, dict[str, float]]:
    """Steps a second of our training, and what the trainer costs a robot's step [us], by part."""
    env = ClimbVecEnv(benchmark.job(config), config.workers)
    try:
        env.set_state(env.get_state() | {"level": env.get_state()["level"] + benchmark.LEVEL})
        model = ppo.build(PPOConfig(), env, seed=0)
        watch = Stopwatch()
        watch.watch(env.pool, "answered", "wait")
        watch.watch(model, "train", "learner: updates")
        watch.watch(model, "collect_rollouts", "collect")
        speed = _training(model=model, env=env, iterations=config.iterations, watch=watch)
    finally:
        env.close()
    each = 1e6 / (config.iterations * model.n_steps * env.num_envs)
    keeping = watch.seconds["collect"] - watch.seconds["wait"]
    return speed, {
        "learner: choosing actions, in the workers": _choosing(
            env.pool.shared["policy"][env.rows[0]], model
        ),
        "learner: keeping samples": each * keeping,
        "learner: updates": each * watch.seconds["learner: updates"],
    }


def _choosing(seen: NDArray[np.float32], model: Any) -> float:
    """What the actor costs a worker for a robot's step [us], for the robots that have `seen`
    this.
    """
    rounds = 300
    actor = Actor(seen.shape[1], model.action_space.shape[0])
    actor.load_state_dict(actor_weights(model.policy.state_dict()))
    begun = time.perf_counter()
    for _ in range(rounds):
        means(actor, seen)
    return 1e6 * (time.perf_counter() - begun) / (rounds * len(seen))


def theirs(config: Config) -> tuple[float, float]:
    """Steps a second of stable-baselines3's SubprocVecEnv over the Gymnasium environment: alone,
    and with its own PPO.
    """
    env = SubprocVecEnv([_environment(config.robot)] * config.processes, start_method="spawn")
    try:
        settings = PPOConfig()
        samples = settings.rollout * config.robots
        model = PPO(
            ClimbPolicy,
            env,
            n_steps=samples // config.processes,
            batch_size=settings.minibatch,
            n_epochs=settings.epochs,
            policy_kwargs={"log_std_init": -2.0},
            device="cpu",
            seed=0,
        )
        watch = Stopwatch()
        watch.watch(env, "step", "step")
        speed = _training(model=model, env=env, iterations=1, watch=watch)
        return samples / watch.seconds["step"], speed
    finally:
        env.close()


def _training(model: PPO, env: VecEnv, iterations: int, watch: Stopwatch) -> float:
    """Steps a second of some iterations after one that warms up."""
    samples = model.n_steps * env.num_envs
    model.learn(samples)
    for label in watch.seconds:
        watch.seconds[label] = 0.0
    begun = time.perf_counter()
    model.learn(iterations * samples, reset_num_timesteps=False)
    return iterations * samples / (time.perf_counter() - begun)


def _environment(robot: str) -> Any:
    def make() -> gymnasium.Env[object, object]:
        # A process of its own needs no second thread.
        torch.set_num_threads(1)
        return gymnasium.make(f"envs:{find(robot).env_id}")

    return make


def main() -> None:
    """Command line."""
    config = tyro.cli(Config, description=__doc__)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    figures = benchmark.measure(config)
    speed, learner = ours(config)
    # stable-baselines3 has its default threads.
    torch.set_num_threads(threads)
    alone, plain = theirs(config)
    speeds = benchmark.speeds(config, figures) | {
        f"SubprocVecEnv of stable-baselines3, {config.processes} processes, no learning": alone,
        "our training": speed,
        f"SubprocVecEnv and PPO of stable-baselines3, {config.processes} processes": plain,
    }
    Console().print(benchmark.table(config, figures.parts | learner, speeds))


if __name__ == "__main__":
    main()
