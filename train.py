"""Train a robot to climb stairs: python train.py --robot go2 --steps 10000000 --seed 1 --run
runs/go2.
"""

import argparse
import json
import shlex
import sys

import tyro

from agents.cluster.connection import connect
from agents.training.config import TrainConfig, out_of_range, preset
from envs.robots import ROBOTS


def check(config: TrainConfig) -> str | None:
    """What is wrong with `config`, in one line; None if nothing is."""
    if config.robot not in ROBOTS:
        return f"unknown robot {config.robot!r}; use {', '.join(ROBOTS)}"
    if config.resume and not config.run.is_dir():
        return (
            f"there is no run in {config.run} to resume; leave out --resume, or name the folder "
            "of a run"
        )
    if not config.resume and config.run.exists() and any(config.run.iterdir()):
        return f"{config.run} is not empty; add --resume to continue it, or name a new folder"
    if config.resume and (problem := _differs(config)):
        return problem
    if problem := out_of_range(config):
        return problem
    if not 1 <= config.workers <= config.robots:
        return f"workers is {config.workers}; use 1 to {config.robots}, the number of robots"
    if (config.ppo.rollout * config.robots) % config.ppo.minibatch:
        return (
            f"minibatch is {config.ppo.minibatch}; use a divisor of "
            f"{config.ppo.rollout * config.robots}, which is rollout x robots"
        )
    # Last, as it takes time.
    return connect(config.ray, config.workers) if config.ray is not None else None


def _differs(config: TrainConfig) -> str | None:
    """What makes `config` another run than the one in its folder."""
    saved = config.run / "config.json"
    if not saved.is_file():
        return None
    try:
        before = json.loads(saved.read_text())
    except (ValueError, RecursionError):
        before = None
    if not isinstance(before, dict):
        return f"{saved} is damaged; delete it to resume with the settings of this command line"
    for name, value in before.items():
        if name in ("robot", "robots", "blind") and value != getattr(config, name):
            option = (
                f"--{name} {' '.join(str(value).split())}"
                if type(value) is not bool
                else f"--{'' if value else 'no-'}{name}"
            )
            return f"{config.run} was begun with {option}; resume it so, or name a new folder"
    return None


def _preset(arguments: list[str]) -> TrainConfig:
    """The settings that a command line with `arguments` changes: those of its robot."""
    robot = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    robot.add_argument("--robot", nargs="?")
    name = robot.parse_known_args(arguments)[0].robot
    return preset(name if name in ROBOTS else "go2")


def main() -> int:
    """Command line. Exit status: 0 done, 1 the run failed, 2 wrong arguments, 130 interrupted."""
    config = tyro.cli(TrainConfig, default=_preset(sys.argv[1:]), description=__doc__)
    problem = check(config)
    if problem:
        print(f"train.py: {problem}", file=sys.stderr)
        return 2
    from agents.checkpoint import CheckpointError
    from agents.learning.finite import NotFiniteError
    from agents.training.run import train
    from envs.workers.worker import WorkerError

    try:
        folder = train(config)
    except KeyboardInterrupt:
        again = shlex.join(
            [*(argument for argument in sys.argv[1:] if argument != "--resume"), "--resume"]
        )
        print(
            "\nstopped; continue from the last checkpoint, to the same weights as without a "
            f"stop: python train.py {again}",
            file=sys.stderr,
        )
        return 130
    except (CheckpointError, NotFiniteError, WorkerError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 1
    print(f"done: {folder}; judge it with: python evaluate.py --policy {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
