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

from agents.evaluation.episodes.parallel import gather
from envs.physics.quiet import quiet
from envs.robots.spec import RobotSpec
from envs.task.randomization import Randomize
from envs.task.staircase import Staircase

if TYPE_CHECKING:
    from agents.policies import Policy
    from envs.climb import ClimbBatch
    from envs.task.scenario import Scenario

BATCH = 16
"""Robots that are stepped together: a multiple of the lanes of today's vector units (up to 16
floats), so that no row is a remainder that is computed otherwise.
"""


@dataclass(frozen=True)
class Trials:
    """What is evaluated."""

    policy: str
    """Name or path of the policy, see `agents.policies.load`."""
    robot: str
    flights: tuple[Staircase, ...]
    episodes: int
    """Number of episodes on each flight."""
    seed: int
    randomize: Randomize = "nominal"
    speed: float = 0.5
    """Commanded speed [m/s]."""
    seconds: float = 20.0
    """Time limit of an episode [s]."""
    irregularity: float = 0.0
    """Largest error of a riser or tread [m]."""
    start_angle: float = 0.0
    """Heading of the robot at the start, to the left in half of the episodes, to the right in the
    others [rad].
    """
    friction: float | None = None
    """Coulomb coefficient between robot and stairs; None leaves it to the randomisation table."""

    @property
    def each(self) -> list["Trial"]:
        """All episodes of all flights."""
        return [
            Trial(stairs, episode) for stairs in self.flights for episode in range(self.episodes)
        ]

    def scenario(
        self, rng: np.random.Generator, spec: RobotSpec, trial: "Trial", blind: bool = False
    ) -> "Scenario":
        """The episode `trial`, drawn from `rng`; `blind`: without a height map."""
        from envs.task import scenario

        made = scenario.trial(
            rng=rng,
            spec=spec,
            stairs=trial.stairs,
            speed=self.speed,
            seconds=self.seconds,
            randomize=self.randomize,
            irregularity=self.irregularity,
        )
        if self.friction is not None:
            made.values["friction"] = np.full(1, self.friction)
        made = replace(made, yaw=made.yaw + self.start_angle * (1 if trial.episode % 2 else -1))
        return scenario.blindfolded(made) if blind else made

    def generator(self, trial: "Trial") -> np.random.Generator:
        """The source of everything random in the episode `trial`."""
        s = trial.stairs
        figures = [round(1e6 * figure) for figure in (s.riser, s.tread, s.width)]
        return np.random.default_rng(
            [self.seed, trial.episode, s.steps, int(s.direction == "down"), *figures]
        )


class Trial(NamedTuple):
    """One episode to play: the flight, and the episode's number on it."""

    stairs: Staircase
    episode: int


class TrialOutcome(NamedTuple):
    """What came of one episode."""

    end: str
    """Label of an `envs.task.terminations.End`."""
    seconds: float
    speed: float
    """Mean speed along the flight [m/s]."""
    cost_of_transport: float
    pitch_rate: float | None = None
    """Largest pitch rate [rad/s]."""
    jolt: float | None = None
    """Largest change of the base's vertical speed in a control step [m/s]."""


def run(trials: Trials, workers: int) -> dict[Trial, TrialOutcome]:
    """Play all episodes in `workers` processes, with a progress bar if there is a terminal.

    Raises:
        WorkerError: a worker process died or failed.
    """
    chosen = trials.each
    # Dealt like cards: every worker gets its part of the long episodes.
    shares = [(trials, chosen[first::workers]) for first in range(min(workers, len(chosen)))]
    console = Console(stderr=True)
    return dict(
        track(
            gather(_play_share, shares),
            trials.policy,
            total=len(chosen),
            console=console,
            disable=not console.is_terminal,
        )
    )


def _play_share(share: tuple[Trials, list[Trial]]) -> Iterator[tuple[Trial, TrialOutcome]]:
    trials, chosen = share
    yield from play(trials, chosen)


def play(
    trials: Trials, chosen: Sequence[Trial], watch: Callable[["ClimbBatch"], None] | None = None
) -> Iterator[tuple[Trial, TrialOutcome]]:
    """Play `chosen` in this process, `BATCH` robots at a time; `watch` sees the batch before the
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
            chosen=chosen,
            policy=policy,
            batch=batch,
            watch=watch or (lambda _: None),
        )
    finally:
        batch.close()


def _play(
    trials: Trials,
    chosen: Sequence[Trial],
    policy: "Policy",
    batch: "ClimbBatch",
    watch: Callable[["ClimbBatch"], None],
) -> Iterator[tuple[Trial, TrialOutcome]]:
    generators = [np.random.default_rng(0)] * BATCH
    observations = np.zeros((BATCH, batch.observations), dtype=np.float32)

    def begin(starting: dict[int, Trial]) -> None:
        fresh = {row: trials.generator(trial) for row, trial in starting.items()}
        scenarios = {
            row: trials.scenario(fresh[row], batch.spec, trial, policy.blind)
            for row, trial in starting.items()
        }
        for row, generator in fresh.items():
            generators[row] = generator
        observations[sorted(starting)] = batch.reset(scenarios, fresh)[0]

    # Where there are fewer than rows, the other rows repeat them. A row goes on uncounted
    # after its last episode.
    begin({row: chosen[row % len(chosen)] for row in range(BATCH)})
    counted = dict(enumerate(chosen[:BATCH]))
    queue = iter(chosen[BATCH:])
    watch(batch)
    while counted:
        result = batch.step(policy.act(observations, generators))
        observations[:] = result.policy
        watch(batch)
        ended = [row for row in sorted(counted) if result.end[row]]
        for row in ended:
            summary = batch.episodes.summary(row, int(result.end[row]))
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
            yield counted.pop(row), TrialOutcome(str(summary["end"]), *figures)
        following = dict(zip(ended, queue, strict=False))
        if following:
            begin(following)
            counted |= following
