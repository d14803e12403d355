"""The configuration of a training run: `train.py --help` is made from it."""

from dataclasses import dataclass, field, fields, replace
from functools import reduce
from pathlib import Path
from typing import Annotated

import tyro

from agents.learning.ppo import PPOConfig
from envs.robots import find, ranges
from envs.robots.go2 import GO2
from envs.robots.legs import TrotGait
from envs.robots.ranges import Randomization
from envs.robots.spec import RobotSpec
from envs.robots.tracks import FlipperSchedule
from envs.robots.weights import RewardWeights
from envs.settings import Within, changed, out_of_range
from envs.task.curriculum import CurriculumConfig
from envs.task.randomization import Randomize


@dataclass(frozen=True)
class TrainConfig:
    """Train a stair-climbing policy with PPO. Look at the curves with `tensorboard --logdir
    DIR/tensorboard`.

    The shipped policy `tracked` was trained with the defaults of --robot tracked, `go2` with older
    ones, which its model card has.
    """

    run: Path
    """Folder of the run: configuration, checkpoints and logs go there."""
    config: Path | None = None
    """TOML file with settings by the names below, `[rewards] progress = 3.0`, or a run's
    config.json. What the command line says comes first.
    """
    robot: str = GO2.name
    """Which robot learns: a name in `envs.robots`. It brings defaults of its own."""
    steps: Annotated[int, Within(1, 10**15)] = 26_214_400
    """Control steps to train for, all robots together, counted from the beginning of the run."""
    seed: Annotated[int, Within(0, 2**63 - 1)] = 1
    """Random seed of the run."""
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
    shard: Annotated[int, Within(1, 100_000)] = 32
    """With --ray: robots that one worker collects together. What is learned depends on this number,
    and not on the number of workers or machines.
    """
    robots: Annotated[int, Within(1, 100_000)] = 256
    """Robots, over all workers; each needs 17 MB of memory, or 37 where `envs/physics/stepper.c`
    has not been built.
    """
    randomize: Randomize = "full"
    """"full" draws the randomisation table in every episode, "nominal" uses its nominal values."""
    blind: bool = False
    """Train without a height map: a policy for a robot whose map has failed."""
    save_iterations: Annotated[int, Within(1, 10**9)] = 80
    """Iterations between checkpoints, some three minutes of the default settings. All robots start
    anew there, in a run that goes on as in one that is resumed.
    """
    ppo: PPOConfig = field(default_factory=PPOConfig)
    curriculum: CurriculumConfig = field(default_factory=CurriculumConfig)
    gait: tyro.conf.AvoidSubcommands[TrotGait | FlipperSchedule] = GO2.gait
    rewards: RewardWeights = GO2.rewards
    randomization: Randomization = GO2.randomization

    @property
    def spec(self) -> RobotSpec:
        """The robot as it is trained: with this gait, these rewards and this randomisation.

        Raises:
            ValueError: there is no such robot.
        """
        return replace(
            find(self.robot),
            gait=self.gait,
            rewards=self.rewards,
            randomization=self.randomization,
        )


def preset(robot: str) -> TrainConfig:
    """The default settings of a robot: its own figures, and the preset of its file.

    Raises:
        ValueError: there is no such robot.
    """
    spec = find(robot)
    config = TrainConfig(
        run=tyro.MISSING,
        robot=spec.name,
        gait=spec.gait,
        rewards=spec.rewards,
        randomization=spec.randomization,
    )
    for name, value in spec.preset.items():
        config = changed(config, _nested(name, value))
    return config


def _nested(name: str, value: object) -> object:
    """`value` under a dotted name, as nested mappings."""
    return reduce(lambda inner, part: {part: inner}, reversed(name.split(".")), value)


def problem(config: TrainConfig) -> str | None:
    """Which setting cannot be, in one line; None if all can."""
    curriculum = config.curriculum
    if found := out_of_range(config) or ranges.problem(config.randomization):
        return found
    if curriculum.lowest > curriculum.highest:
        return (
            f"curriculum.lowest is {curriculum.lowest}; use at most curriculum.highest, "
            f"{curriculum.highest}"
        )
    if curriculum.demote > curriculum.promote:
        return (
            f"curriculum.demote is {curriculum.demote}; use at most curriculum.promote, "
            f"{curriculum.promote}"
        )
    lightest = -0.5 * config.spec.mass
    if config.randomization.payload.low < lightest:
        return (
            f"randomization.payload.low is {config.randomization.payload.low:g}; use at least "
            f"{lightest:g} kg, half of the robot"
        )
    if not 1 <= config.workers <= config.robots:
        return f"workers is {config.workers}; use 1 to {config.robots}, the number of robots"
    return _of_another_robot(config)


def _of_another_robot(config: TrainConfig) -> str | None:
    """Why the gait is not this robot's, in one line: another kind, or another number of legs."""
    own = find(config.robot).gait
    if type(config.gait) is not type(own):
        return f"gait is a {type(config.gait).__name__}; {config.robot} has a {type(own).__name__}"
    for entry in fields(own):
        count, wanted = (_count(getattr(gait, entry.name)) for gait in (config.gait, own))
        if count != wanted:
            return f"gait.{entry.name} has {count} numbers; use {wanted}"
    return None


def _count(value: object) -> int:
    return len(value) if isinstance(value, tuple) else 1
