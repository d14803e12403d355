"""The configuration of a training run: `train.py --help` is made from it."""

import operator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tyro

from agents.learning.ppo import PPOConfig
from envs.robots import find
from envs.task.curriculum import CurriculumConfig
from envs.task.randomization import Randomize
from envs.task.staircase import RISER_RANGE


@dataclass(frozen=True)
class TrainConfig:
    """Train a stair-climbing policy with PPO. Look at the curves with `tensorboard --logdir
    DIR/tensorboard`.

    The shipped policy `tracked` was trained with the defaults of --robot tracked, `go2` with older
    ones, which its model card has.
    """

    run: Path
    """Folder of the run: configuration, checkpoints and logs go there."""
    robot: str = "go2"
    """Which robot learns: a name in `envs.robots`."""
    steps: int = 26_214_400
    """Control steps to train for, all robots together, counted from the beginning of the run."""
    seed: int = 1
    """Of everything random."""
    resume: bool = False
    """Continue the run in its folder from the newest valid checkpoint (from step 0 if there is
    none).
    """
    start: Path | None = None
    """Begin with the weights of this run's newest checkpoint, or of this checkpoint, instead of at
    random; everything else begins anew.
    """
    workers: int = 2
    """Worker processes; as many as there are cores."""
    ray: str | None = None
    """Collect on a Ray cluster, with one worker on each of its CPUs: "local" starts one here, with
    --workers CPUs; HOST:PORT, or "auto", is one that this machine belongs to; ray://HOST:PORT
    any other.
    """
    shard: int = 32
    """With --ray: robots that one worker collects together. What is learned depends on this number,
    and not on the number of workers or machines.
    """
    robots: int = 256
    """Robots, over all workers; each needs 17 MB of memory, or 37 where `envs/physics/stepper.c`
    has not been built.
    """
    randomize: Randomize = "full"
    """"full" draws the randomisation table in every episode, "nominal" uses its nominal values."""
    blind: bool = False
    """Without a height map: what a robot falls back on when its map fails."""
    save_iterations: int = 80
    """Iterations between checkpoints, some three minutes of the default settings. All robots start
    anew there, in a run that goes on as in one that is resumed.
    """
    ppo: PPOConfig = field(default_factory=PPOConfig)
    curriculum: CurriculumConfig = field(default_factory=CurriculumConfig)


def preset(robot: str) -> TrainConfig:
    """The default settings of a robot: what its spec changes of everybody's.

    Raises:
        ValueError: there is no such robot.
    """
    spec = find(robot)
    config = TrainConfig(run=tyro.MISSING, robot=spec.name)
    for name, value in spec.preset.items():
        config = _with(config, name.split("."), value)
    return config


def _with(settings: Any, path: list[str], value: object) -> Any:
    """`settings` with another value at `path`, the names of nested fields."""
    first, *rest = path
    inner = _with(getattr(settings, first), rest, value) if rest else value
    return replace(settings, **{first: inner})


RANGES = {
    "steps": (1, 10**15),
    "seed": (0, 2**63 - 1),
    "robots": (1, 100_000),
    "shard": (1, 100_000),
    "save_iterations": (1, 10**9),
    "ppo.rollout": (2, 100_000),
    "ppo.minibatch": (2, 10**9),
    "ppo.epochs": (1, 1000),
    "ppo.gamma": (0.0, 1.0),
    "ppo.gae_lambda": (0.0, 1.0),
    "ppo.clip": (0.001, 10.0),
    "ppo.entropy": (0.0, 100.0),
    "ppo.value": (0.0, 100.0),
    "ppo.max_gradient": (1e-6, 1e6),
    "ppo.rate": (0.0, 1.0),
    "ppo.target_kl": (1e-6, 10.0),
    "ppo.deviation": (1e-3, 10.0),
    "curriculum.lowest": RISER_RANGE,
    "curriculum.highest": RISER_RANGE,
    "curriculum.step": (0.001, 0.1),
    "curriculum.promote": (0.0, 1.0),
    "curriculum.demote": (0.0, 1.0),
    "curriculum.down": (0.0, 1.0),
    "curriculum.review": (0.0, 1.0),
    "curriculum.terraces": (0.0, 1.0),
}
"""Lowest and highest value of each number, both allowed."""


def out_of_range(config: TrainConfig) -> str | None:
    """Which setting cannot be, in one line; None if all can."""
    for name, (low, high) in RANGES.items():
        value = operator.attrgetter(name)(config)
        if not low <= value <= high:
            return f"{name} is {value}; use {low:g} to {high:g}"
    if config.curriculum.lowest > config.curriculum.highest:
        return (
            f"curriculum.lowest is {config.curriculum.lowest}; use at most curriculum.highest, "
            f"{config.curriculum.highest}"
        )
    return None
