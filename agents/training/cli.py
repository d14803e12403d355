"""Train a robot to climb stairs: python train.py --robot go2 --steps 10000000 --seed 1 --run
runs/go2.

Settings of the command line come before those of --config FILE, and these before the robot's own.
"""

import argparse
import json
import shlex
import sys
import tomllib
from pathlib import Path

import tyro

from agents.cluster.connection import connect
from agents.outputs import unwritable
from agents.training import config as configuration
from agents.training import record
from agents.training.config import TrainConfig, preset
from envs.robots import ROBOTS
from envs.settings import changed


def main() -> int:
    """Command line. Exit status: 0 done, 1 the run failed, 2 wrong arguments, 130 interrupted."""
    try:
        default = defaults(sys.argv[1:])
    except ValueError as error:
        return _say(error, 2)
    config = tyro.cli(TrainConfig, default=default, description=__doc__)
    if problem := check(config):
        return _say(problem, 2)
    from agents.checkpoint import CheckpointError
    from agents.learning.driven import NotFiniteError
    from agents.training.run import train
    from envs.workers.worker import WorkerError

    if config.resume:
        for line in record.changes(config):
            print(line, file=sys.stderr, flush=True)
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
        return _say(error, 1)
    except OSError as error:
        return _say(f"cannot write {error.filename}: {error.strerror}; free it, then --resume", 1)
    print(f"done: {folder}; judge it with: python evaluate.py --policy {folder}")
    return 0


def defaults(arguments: list[str]) -> TrainConfig:
    """The settings that a command line with `arguments` changes: those of its robot, changed by its
    file.

    Raises:
        ValueError: the file cannot be used; the message is one line and says why.
    """
    peek = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for option in ("--robot", "--config"):
        peek.add_argument(option, nargs="?")
    known = peek.parse_known_args(arguments)[0]
    values = _read(Path(known.config)) if known.config else {}
    robot = str(known.robot or values.get("robot"))
    try:
        return changed(preset(robot if robot in ROBOTS else "go2"), values)
    except ValueError as error:
        raise ValueError(f"{known.config}: {error}") from None


def _read(file: Path) -> dict[str, object]:
    """The settings in `file`: TOML, or JSON as a run leaves it."""
    try:
        text = file.read_text()
        values = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ValueError(f"cannot read {file}: {error.strerror}; name a TOML file") from None
    except (ValueError, RecursionError) as error:
        what = " ".join(str(error).split())
        form = "JSON" if file.suffix == ".json" else "TOML"
        raise ValueError(f"{file} is not {form} ({what}); correct it") from None
    if not isinstance(values, dict):
        raise ValueError(f"{file} has no settings; write them as in a run's config.json")
    # Where a run is and how it was called says nothing of what it does.
    return {name: value for name, value in values.items() if name not in record.PASSING}


def check(config: TrainConfig) -> str | None:
    """What is wrong with `config`, in one line; None if nothing is."""
    if config.robot not in ROBOTS:
        return f"unknown robot {config.robot!r}; use {', '.join(ROBOTS)}"
    if config.resume and not config.run.is_dir():
        return (
            f"there is no run in {config.run} to resume; leave out --resume, or name the folder "
            "of a run"
        )
    if problem := unwritable(config.run / "config.json"):
        return problem
    if not config.resume and config.run.exists() and any(config.run.iterdir()):
        return f"{config.run} is not empty; add --resume to continue it, or name a new folder"
    if config.resume and (problem := record.another_run(config)):
        return problem
    if problem := configuration.problem(config):
        return problem
    if (config.ppo.rollout * config.robots) % config.ppo.minibatch:
        return (
            f"ppo.minibatch is {config.ppo.minibatch}; use a divisor of "
            f"{config.ppo.rollout * config.robots}, which is rollout x robots"
        )
    # Last, as it takes time.
    return connect(config.ray, config.workers) if config.ray is not None else None


def _say(problem: object, status: int) -> int:
    print(f"train.py: {problem}", file=sys.stderr)
    return status
