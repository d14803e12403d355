"""Judge a policy on flights of stairs: python evaluate.py --policy go2 --risers 0.10,0.15
--directions up,down --episodes 100 --json results.json.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import tyro

from agents.evaluation.episodes.config import EvaluateConfig, plan
from agents.evaluation.suites import SUITES
from agents.outputs import whole


def main() -> int:
    """Command line. Exit status: 0 done, 1 the evaluation failed, 2 wrong arguments, 130
    interrupted.
    """
    config = tyro.cli(EvaluateConfig, description=_help())
    try:
        check(config)
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
        judgement = SUITES[config.suite].judge(replace(config, robot=robots[config.policy]))
        print(judgement.table, flush=True)
        if config.json is not None:
            with whole(config.json) as path:
                path.write_text(json.dumps(judgement.record, indent=2) + "\n")
    except (WorkerError, OSError) as error:
        return _say(error, 1)
    except KeyboardInterrupt:
        return _say("interrupted", 130)
    return 0


def check(config: EvaluateConfig) -> None:
    """Check that `config` can be done.

    Raises:
        ValueError: something cannot be done; the message is one line and names the remedy.
    """
    if config.suite not in SUITES:
        raise ValueError(f"unknown suite {config.suite!r}; use {', '.join(SUITES)}")
    plan(config)
    if not SUITES[config.suite].drawn and (config.plot or config.video or config.against):
        raise ValueError(
            f"the suite {config.suite!r} has no plot, no video and no comparison; leave out "
            "--plot, --video and --against"
        )


def _help() -> str:
    """Description of the command line, with the suites there are."""
    suites = "\n".join(f"  {name}: {suite.meaning}" for name, suite in SUITES.items())
    return f"{__doc__}\nSuites:\n{suites}"


def _say(problem: object, status: int) -> int:
    print(f"evaluate.py: {problem}", file=sys.stderr)
    return status
