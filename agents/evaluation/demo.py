"""Watch the shipped policy: python -m agents.evaluation.demo.

It is evaluated on flights that it never trained on, beside the bare trot, and a report is written.
"""

import sys
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import tyro

from agents.evaluation.episodes.results import summarise, table
from agents.evaluation.episodes.trials import Trials, run
from agents.outputs import unwritable
from envs.task.staircase import Direction, Staircase

RISERS = (0.08, 0.12, 0.16, 0.20)
DIRECTIONS: tuple[Direction, ...] = ("up", "down")
FLIGHTS = tuple(
    Staircase(riser=riser, tread=0.28, steps=10, direction=way)
    for way, riser in product(DIRECTIONS, RISERS)
)
WORKERS = 2
COMMAND = ("python", "-m", "agents.evaluation.demo", "--policy")
NOTES = (
    "Flights of {steps} steps of {tread:g} cm; training has at most 9. Every episode has another "
    "robot and other sensors: friction, payload, motors, noise, delays and "
    "pushes are drawn from the whole randomisation table, by seed {seed}. `zero` is the bare "
    "trot, without a network: what the controller does by itself."
)


@dataclass(frozen=True)
class DemoConfig:
    """Evaluate a policy on ten-step flights and write a report with plot, contact sheet and
    video.
    """

    policy: str = "go2"
    """A shipped policy, a run's folder, a checkpoint, or a baseline: zero (no policy; of a tracked
    robot: fixed flippers), scripted (of a tracked robot: flippers that follow the ground),
    random.
    """
    output: Path = Path("out/demo")
    """Folder of the report."""
    episodes: int = 20
    """Number of episodes on each flight."""


def main() -> int:
    """Command line. Exit status: 0 done, 1 the demo failed, 2 wrong arguments, 130 interrupted."""
    config = tyro.cli(DemoConfig, description=__doc__)
    problem = unwritable(config.output / "report.md") or (
        f"episodes is {config.episodes}; use at least 1" if config.episodes < 1 else None
    )
    if problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 2
    from agents.policies import PolicyError, load
    from envs.workers.worker import WorkerError

    try:
        policy = load(config.policy)
        print(f"wrote {_demo(config, policy.robot)}")
    except PolicyError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    except (WorkerError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _demo(config: DemoConfig, robot: str) -> Path:
    from agents.evaluation.reports import report, video

    trials = Trials(
        policy=config.policy,
        robot=robot,
        flights=FLIGHTS,
        episodes=config.episodes,
        seed=7,
        randomize="full",
    )
    results = {}
    for each in {config.policy: trials, "zero": replace(trials, policy="zero")}.values():
        cells = summarise(each, run(each, WORKERS))
        results[each.policy] = each, cells
        print(f"{each.policy}\n{table(cells)}\n", flush=True)
    films = video.film(trials, video.sample(trials))
    flight = FLIGHTS[0]
    notes = NOTES.format(steps=flight.steps, tread=100 * flight.tread, seed=trials.seed)
    return report.write(
        folder=config.output,
        command=" ".join([*COMMAND, config.policy, "--episodes", str(config.episodes)]),
        results=results,
        films=films,
        notes=notes,
    )


if __name__ == "__main__":
    sys.exit(main())
