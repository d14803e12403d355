"""The configuration of a training run: `train.py --help` is made from it."""

from dataclasses import dataclass, field
from pathlib import Path

import tyro

from agents.ppo import PPOConfig
from envs.curriculum import CurriculumConfig
from envs.randomization import Randomize


@dataclass(frozen=True)
class TrainConfig:
    """Train a stair-climbing policy with PPO. Look at the curves with `tensorboard --logdir DIR/tensorboard`.

    The defaults are those of the shipped policy `go2`, with --blind of `go2-blind`, with --robot tracked of `tracked`.
    """

    run: Path
    """Folder of the run: configuration, checkpoints and logs go there."""
    robot: str = "go2"
    """Which robot learns: a name in `envs.robots`."""
    steps: int = 20_000_000
    """Control steps to train for, all robots together, counted from the beginning of the run."""
    seed: int = 1
    """Of everything random."""
    resume: bool = False
    """Continue the run in its folder from the newest valid checkpoint (from step 0 if there is none)."""
    start: Path | None = None
    """Begin with the weights of this run's newest checkpoint, or of this checkpoint, instead of at random; everything else begins anew."""
    workers: int = 2
    """Worker processes; as many as there are cores."""
    ray: str | None = None
    """Collect on a Ray cluster, with one worker on each of its CPUs: "local" starts one here, with --workers CPUs; HOST:PORT, or "auto", is one that this machine belongs to;
    ray://HOST:PORT any other."""
    shard: int = 32
    """With --ray: robots that one worker collects together. What is learned depends on this number, and not on the number of workers or machines."""
    robots: int = 128
    """Robots, over all workers; each needs 40 MB of memory."""
    randomize: Randomize = "full"
    """"full" draws the randomisation table in every episode, "nominal" uses its nominal values."""
    blind: bool = False
    """Without a height map: what a robot falls back on when its map fails."""
    save_iterations: int = 40
    """Iterations between checkpoints, some three minutes of the default settings. All robots start anew there, in a run that goes on as in one that is resumed."""
    ppo: PPOConfig = field(default_factory=PPOConfig)
    curriculum: CurriculumConfig = field(default_factory=CurriculumConfig)


PRESETS = {
    "go2": TrainConfig(tyro.MISSING),
    # A fifth of the control steps a second, so smaller rollouts; flippers and tracks bear more noise than a gait; without a policy it climbs 8 cm and descends 25 cm.
    "tracked": TrainConfig(
        tyro.MISSING,
        robot="tracked",
        steps=1_146_880,
        robots=64,
        save_iterations=20,
        ppo=PPOConfig(rollout=64, minibatch=1024, deviation=0.2),
        curriculum=CurriculumConfig(lowest=0.08, highest=0.40, step=0.02, review=0.5, terraces=0.2),
    ),
}
"""The settings of the shipped policies, by robot."""
