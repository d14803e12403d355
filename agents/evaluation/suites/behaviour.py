"""Behaviour beside arriving: to stand, stop, start, turn, keep to the middle, not race, and bear a
push.

The pushes of the randomisation table are off here, so that "still" can be judged; all else is as
`randomize` says.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.evaluation.episodes.config import EvaluateConfig
from agents.evaluation.episodes.parallel import gather
from agents.evaluation.episodes.statistics import wilson
from agents.evaluation.episodes.trials import BATCH
from agents.evaluation.suites.behaviour_rows import TABLE, Trace
from agents.evaluation.suites.suite import Judgement
from agents.versions import versions
from envs.physics.quiet import quiet
from envs.task.randomization import Randomize
from envs.task.terminations import End

if TYPE_CHECKING:
    from agents.policies import Policy
    from envs.climb import ClimbBatch

PUSH = 0.5
"""Speed that a push gives the robot [m/s]."""


class Judged(NamedTuple):
    """Result of one row."""

    name: str
    wanted: str
    successes: int
    episodes: int


def judge(config: EvaluateConfig) -> Judgement:
    """Play all rows.

    Raises:
        WorkerError: a worker process died or failed.
    """
    rows = run(
        policy=config.policy,
        robot=config.robot,
        episodes=config.episodes,
        seed=config.seed,
        randomize=config.randomize,
        workers=config.workers,
    )
    settings = {name: getattr(config, name) for name in ("policy", "seed", "randomize", "robot")}
    found = {"versions": versions(), "behaviours": [row._asdict() for row in rows]}
    return Judgement(table(rows), settings | found)


def run(
    policy: str, robot: str, episodes: int, seed: int, randomize: Randomize, workers: int
) -> list[Judged]:
    """Play `episodes` of every row.

    Raises:
        WorkerError: a worker process died or failed.
    """
    chunks = [
        (row, range(first, min(first + BATCH, episodes)))
        for row in range(len(TABLE))
        for first in range(0, episodes, BATCH)
    ]
    shares = [
        (policy, robot, seed, randomize, chunks[first::workers])
        for first in range(min(workers, len(chunks)))
    ]
    good = dict.fromkeys(range(len(TABLE)), 0)
    for row, successes in gather(_play_share, shares):
        good[row] += successes
    return [
        Judged(name=behaviour.name, wanted=behaviour.wanted, successes=good[row], episodes=episodes)
        for row, behaviour in enumerate(TABLE)
    ]


def _play_share(
    share: tuple[str, str, int, Randomize, list[tuple[int, range]]],
) -> Iterator[tuple[int, int]]:
    import torch

    torch.set_num_threads(1)
    with quiet():
        from agents.policies import load
        from envs.climb import ClimbBatch
        from envs.task.scenario import blindfolded
    policy, robot, seed, randomize, chunks = share
    loaded = load(policy, robot)
    batch = ClimbBatch(loaded.spec, BATCH)
    try:
        for row, numbers in chunks:
            behaviour = TABLE[row]
            generators = [
                np.random.default_rng([seed, row, numbers[k % len(numbers)]]) for k in range(BATCH)
            ]
            scenarios = {
                k: behaviour.episode(rng, batch.spec, randomize, numbers[k % len(numbers)])
                for k, rng in enumerate(generators)
            }
            for k, scenario in scenarios.items():
                scenario.values["push"] = np.zeros(1)
                scenarios[k] = blindfolded(scenario) if loaded.blind else scenario
            observations, _ = batch.reset(scenarios, dict(enumerate(generators)))
            traces = _play(
                batch=batch,
                policy=loaded,
                generators=generators,
                observations=observations,
                push=behaviour.push,
            )
            yield row, sum(bool(behaviour.holds(trace)) for trace in traces[: len(numbers)])
    finally:
        batch.close()


def _play(
    batch: "ClimbBatch",
    policy: "Policy",
    generators: list[np.random.Generator],
    observations: NDArray[np.float32],
    push: bool,
) -> list[Trace]:
    from envs.motion import motion

    ends = np.zeros(batch.count, dtype=int)
    seen = []
    waiting = np.full(batch.count, push)
    lengths = np.zeros(batch.count, dtype=int)
    while not ends.all():
        result = batch.step(policy.act(observations, generators))
        observations = result.policy
        lengths += ends == 0
        ends = np.where(ends == 0, result.end, ends)
        seen.append(motion(batch.physics, batch.course))
        # A little past half of the way the robot is in the middle of the flight.
        for row in np.flatnonzero(waiting & (batch.episodes.share() > 0.5)).tolist():
            angle = generators[row].uniform(-math.pi, math.pi)
            batch.physics.push(row, (PUSH * math.cos(angle), PUSH * math.sin(angle), 0.0))
            waiting[row] = False
    columns = [np.array(column) for column in zip(*seen, strict=True)]
    return [
        Trace(
            End(ends[row]).label,
            batch.spec.control_step,
            *(column[: lengths[row], row] for column in columns),
        )
        for row in range(batch.count)
    ]


def table(rows: list[Judged]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| behaviour | what must hold | as wanted | 95% interval |",
        "| --- | --- | ---: | ---: |",
    ]
    for row in rows:
        low, high = wilson(row.successes, row.episodes)
        lines.append(
            f"| {row.name} | {row.wanted} | {row.successes}/{row.episodes} | "
            f"{100 * low:.0f}-{100 * high:.0f}% |"
        )
    return "\n".join(lines)
