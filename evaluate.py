"""Judge a policy on flights of stairs: python evaluate.py --policy go2 --risers 0.10,0.15 --directions up,down --episodes 100 --json results.json."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import tyro

from agents.evaluate_config import EvaluateConfig, plan
from agents.evaluation import Trials, run
from agents.outputs import whole
from agents.results import Cell, record, summarise, table


def write(config: EvaluateConfig, trials: Trials, cells: list[Cell]) -> None:
    """Write the files that `config` asks for.

    Raises:
        OSError: a file cannot be written after all.
        WorkerError: filming failed.
    """
    if config.json is not None:
        with whole(config.json) as path:
            path.write_text(json.dumps(record(trials, cells), indent=2) + "\n")
    if config.plot is not None:
        from agents.plots import plot

        with whole(config.plot) as path:
            plot(path, {trials.policy: cells}, f"{trials.policy}, {trials.episodes} episodes a flight, {trials.randomize}")
    if config.video is not None:
        from agents import video

        films = video.film(trials, video.sample(trials))
        with whole(config.video) as path:
            video.write(path, films)


def main() -> int:
    """Command line. Exit status: 0 done, 1 the evaluation failed, 2 wrong arguments, 130 interrupted."""
    config = tyro.cli(EvaluateConfig, description=__doc__)
    try:
        trials = plan(config)
    except ValueError as error:
        return _say(error, 2)
    from agents.policies import PolicyError, load
    from envs.workers import WorkerError

    try:
        trials = replace(trials, robot=load(config.policy, config.robot).robot)
        cells = summarise(trials, run(trials, config.workers))
        print(table(cells), flush=True)
        write(config, trials, cells)
    except PolicyError as error:
        return _say(error, 1 if Path(config.policy).exists() else 2)
    except (WorkerError, OSError) as error:
        return _say(error, 1)
    except KeyboardInterrupt:
        return _say("interrupted", 130)
    return 0


def _say(problem: object, status: int) -> int:
    print(f"evaluate.py: {problem}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
