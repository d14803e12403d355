"""Judge a policy on flights of stairs: python evaluate.py --policy go2 --risers 0.10,0.15
--directions up,down --episodes 100 --json results.json.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import tyro

from agents.evaluation import compare
from agents.evaluation.config import EvaluateConfig, plan
from agents.evaluation.results import Cell, pool, record, summarise, table
from agents.evaluation.trials import Trials, run
from agents.outputs import whole
from agents.versions import versions


def write(config: EvaluateConfig, trials: Trials, cells: list[Cell]) -> None:
    """Write the plot and the video that `config` asks for.

    Raises:
        OSError: a file cannot be written after all.
        WorkerError: filming failed.
    """
    if config.plot is not None:
        from agents.evaluation.plots import plot

        with whole(config.plot) as path:
            plot(
                path,
                {trials.policy: cells},
                f"{trials.policy}, {trials.episodes} episodes a flight, {trials.randomize}",
            )
    if config.video is not None:
        from agents.evaluation import video

        films = video.film(trials, video.sample(trials))
        with whole(config.video) as path:
            video.write(path, films)


def judge(config: EvaluateConfig, robot: str) -> tuple[str, Any]:
    """Play what `config` asks for. Returns the table and the record for JSON.

    Raises:
        OSError: a file cannot be written after all.
        WorkerError: a worker process died or failed.
    """
    if config.suite == "behaviour":
        from agents.evaluation.suites import behaviour

        rows = behaviour.run(
            policy=config.policy,
            robot=robot,
            episodes=config.episodes,
            seed=config.seed,
            randomize=config.randomize,
            workers=config.workers,
        )
        settings = {name: getattr(config, name) for name in ("policy", "seed", "randomize")}
        return behaviour.table(rows), settings | {
            "robot": robot,
            "versions": versions(),
            "behaviours": [row._asdict() for row in rows],
        }
    if config.suite in ("odd", "ctu"):
        from agents.evaluation.suites import ctu, odd

        plans, cells_of = (odd.plans, summarise) if config.suite == "odd" else (ctu.plans, pool)
        named = {name: replace(trials, robot=robot) for name, trials in plans(config)}
        results = {
            name: cells_of(trials, run(trials, config.workers)) for name, trials in named.items()
        }
        names = [name for name, cells in results.items() for _ in cells]
        return table([cell for cells in results.values() for cell in cells], names), {
            name: record(named[name], cells) for name, cells in results.items()
        }
    trials = replace(plan(config), robot=robot)
    outcomes = run(trials, config.workers)
    cells = summarise(trials, outcomes)
    write(config, trials, cells)
    if config.against is None:
        return table(cells), record(trials, cells)
    rival = replace(trials, policy=config.against)
    others = run(rival, config.workers)
    contrasts = compare.compare(trials, outcomes, others)
    found = record(trials, cells) | {
        "against": record(rival, summarise(rival, others)),
        "contrasts": [contrast._asdict() for contrast in contrasts],
    }
    return f"{table(cells)}\n\n{compare.table(trials.policy, rival.policy, contrasts)}", found


def main() -> int:
    """Command line. Exit status: 0 done, 1 the evaluation failed, 2 wrong arguments, 130
    interrupted.
    """
    config = tyro.cli(EvaluateConfig, description=__doc__)
    try:
        plan(config)
    except ValueError as error:
        return _say(error, 2)
    from agents.policies import PolicyError, load
    from envs.workers.worker import WorkerError

    robots = {}
    for name in filter(None, (config.policy, config.against)):
        try:
            robots[name] = load(name, config.robot).robot
        except PolicyError as error:
            return _say(error, 1 if Path(name).exists() else 2)
    if len(set(robots.values())) > 1:
        return _say(
            f"{config.against} drives another robot than {config.policy}; compare policies of one "
            "robot",
            2,
        )
    try:
        text, found = judge(config, robots[config.policy])
        print(text, flush=True)
        if config.json is not None:
            with whole(config.json) as path:
                path.write_text(json.dumps(found, indent=2) + "\n")
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
