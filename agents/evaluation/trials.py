"""Trials of a policy on flights of stairs: who plays what, and what came of it.

An episode depends on the policy, the seed, the flight's own figures and its number, on nothing
else: not on the other flights, nor on how many workers there are. Vectorised arithmetic rounds
differently in batches of different sizes, so robots are always stepped `BATCH` at a time; within
that size every row rounds alike.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import track

from agents.evaluation.parallel import gather
from envs.physics.quiet import quiet
from envs.robots.spec import RobotSpec
from envs.task.randomization import Randomize
from envs.task.staircase import Staircase

if TYPE_CHECKING:
    from agents.policies import Policy
    from envs.climb import ClimbBatch
    from envs.task.scenario import Scenario

BATCH = 16
"""A multiple of the lanes of today's vector units (up to 16 floats): no row is a remainder that is
computed otherwise.
"""


@dataclass(frozen=True)
class Trials:
    """What is evaluated."""

    policy: str
    """Name or path, see `agents.policies.load`."""
    robot: str
    flights: tuple[Staircase, ...]
    episodes: int
    """On each flight."""
    seed: int
    randomize: Randomize = "nominal"
    speed: float = 0.5
    """Commanded [m/s]."""
    seconds: float = 20.0
    """Time limit of an episode [s]."""
    irregularity: float = 0.0
    """Each riser and tread is off by up to this [m]."""
    start_angle: float = 0.0
    """Added to the robot's heading at the start, to the left in half of the episodes, to the right
    in the others [rad].
    """
    friction: float | None = None
    """Coulomb coefficient between robot and stairs; None leaves it to the randomisation table."""

    @property
    def jobs(self) -> list["Job"]:
        """All episodes of all flights."""
        return [Job(stairs, episode) for stairs in self.flights for episode in range(self.episodes)]

    def scenario(
        self, rng: np.random.Generator, spec: RobotSpec, job: "Job", blind: bool = False
    ) -> "Scenario":
        """The episode `job`, drawn from `rng`; `blind`: without a height map."""
        from envs.task.scenario import blindfolded, trial

        made = trial(
            rng=rng,
            spec=spec,
            stairs=job.stairs,
            speed=self.speed,
            seconds=self.seconds,
            randomize=self.randomize,
            irregularity=self.irregularity,
        )
        if self.friction is not None:
            made.values["friction"] = np.full(1, self.friction)
        made = replace(made, yaw=made.yaw + self.start_angle * (1 if job.episode % 2 else -1))
        return blindfolded(made) if blind else made

    def generator(self, job: "Job") -> np.random.Generator:
        """The source of everything random in the episode `job`."""
        s = job.stairs
        figures = [round(1e6 * figure) for figure in (s.riser, s.tread, s.width)]
        return np.random.default_rng(
            [self.seed, job.episode, s.steps, int(s.direction == "down"), *figures]
        )


class Job(NamedTuple):
    """One episode to play: the flight, and the episode's number on it."""

    stairs: Staircase
    episode: int


class Outcome(NamedTuple):
    """One episode played."""

    end: str
    """One of `envs.task.terminations.ENDS`."""
    seconds: float
    speed: float
    """Mean, along the flight [m/s]."""
    cost_of_transport: float
    pitch_rate: float | None = None
    """Largest [rad/s]."""
    jolt: float | None = None
    """Largest change of the base's vertical speed in a control step [m/s]."""


def run(trials: Trials, workers: int) -> dict[Job, Outcome]:
    """Play all episodes in `workers` processes, with a progress bar if there is a terminal.

    Raises:
        WorkerError: a worker process died or failed.
    """
    jobs = trials.jobs
    # Dealt like cards: every worker gets its part of the long episodes.
    shares = [(trials, jobs[first::workers]) for first in range(min(workers, len(jobs)))]
    console = Console(stderr=True)
    return dict(
        track(
            gather(_play_share, shares),
            trials.policy,
            total=len(jobs),
            console=console,
            disable=not console.is_terminal,
        )
    )


def _play_share(share: tuple[Trials, list[Job]]) -> Iterator[tuple[Job, Outcome]]:
    trials, jobs = share
    yield from play(trials, jobs)


def play(
    trials: Trials, jobs: Sequence[Job], watch: Callable[["ClimbBatch"], None] | None = None
) -> Iterator[tuple[Job, Outcome]]:
    """Play `jobs` in this process, `BATCH` robots at a time; `watch` sees the batch before the
    first step and after each.
    """
    import torch

    torch.set_num_threads(1)
    with quiet():
        from agents.policies import load
        from envs.climb import ClimbBatch
    policy = load(trials.policy, trials.robot)
    batch = ClimbBatch(policy.spec, BATCH)
    try:
        yield from _play(
            trials=trials,
            jobs=jobs,
            policy=policy,
            batch=batch,
            watch=watch or (lambda _: None),
        )
    finally:
        batch.close()


def _play(
    trials: Trials,
    jobs: Sequence[Job],
    policy: "Policy",
    batch: "ClimbBatch",
    watch: Callable[["ClimbBatch"], None],
) -> Iterator[tuple[Job, Outcome]]:
    generators = [np.random.default_rng(0)] * BATCH
    observations = np.zeros((BATCH, batch.observations), dtype=np.float32)

    def begin(chosen: dict[int, Job]) -> None:
        fresh = {row: trials.generator(job) for row, job in chosen.items()}
        scenarios = {
            row: trials.scenario(fresh[row], batch.spec, job, policy.blind)
            for row, job in chosen.items()
        }
        for row, generator in fresh.items():
            generators[row] = generator
        observations[sorted(chosen)] = batch.reset(scenarios, fresh)[0]

    # Too few jobs: the other rows repeat them, uncounted. A row whose episode was the last goes on
    # uncounted.
    begin({row: jobs[row % len(jobs)] for row in range(BATCH)})
    counted = dict(enumerate(jobs[:BATCH]))
    queue = iter(jobs[BATCH:])
    watch(batch)
    while counted:
        result = batch.step(policy.act(observations, generators))
        observations[:] = result.policy
        watch(batch)
        ended = [row for row in sorted(counted) if result.end[row]]
        for row in ended:
            summary = batch.summary(row, int(result.end[row]))
            figures = (
                float(summary[name])
                for name in (
                    "seconds",
                    "speed",
                    "cost_of_transport",
                    "peak_pitch_rate",
                    "peak_jolt",
                )
            )
            yield counted.pop(row), Outcome(str(summary["end"]), *figures)
        following = dict(zip(ended, queue, strict=False))
        if following:
            begin(following)
            counted |= following
