"""Rehearse a bundle: does what it learnt in one physics engine hold in another?"""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import tyro
from rich.console import Console
from rich.progress import track

from agents.evaluation.episodes.parallel import gather
from agents.evaluation.episodes.results import Cell, summarise
from agents.evaluation.episodes.trials import Trials
from agents.versions import versions
from deploy.runtime import disk
from deploy.runtime.bundle import opening
from deploy.runtime.errors import DeployError, VerificationError
from deploy.runtime.safety import motions
from deploy.simulation.engines import Engine, require
from deploy.simulation.rehearsal import EngineTrial, Played, Share, play_share
from envs.task.randomization import Randomize
from envs.task.staircase import Staircase
from envs.workers.worker import WorkerError

TRAINED_IN: Engine = "pybullet"
"""Engine in which policies are trained."""
ENOUGH = 0.9
"""Least success in the other engine, as a share of the success in the one of training."""


@dataclass(frozen=True)
class RehearseConfig:
    """Let a bundle's program climb in a second physics engine, through the runtime that a robot
    has: it lies there, is armed, stands up and walks. Beside it, the same episodes in PyBullet.
    """

    bundle: Annotated[Path, tyro.conf.Positional]
    """The bundle."""
    public_key: Path
    """The .pub file of the key that it must be signed with."""
    engine: Engine = "mujoco"
    """The physics engine to rehearse in."""
    risers: str = "0.10,0.13"
    """Heights of a step [m], with commas between."""
    directions: str = "up,down"
    """up, down or both, with a comma between."""
    episodes: int = 50
    """Episodes on each flight, in each engine."""
    seed: int = 7
    """Random seed."""
    randomize: Randomize = "full"
    """"full" draws the randomisation table in every episode, "nominal" uses its nominal values."""
    json: Path | None = None
    """Write the results to this new file too."""
    workers: int = os.cpu_count() or 1
    """Worker processes."""


class Comparison(NamedTuple):
    """What came of one flight in both engines."""

    there: Cell
    """Result in the second engine."""
    here: Cell
    """Result in PyBullet."""

    @property
    def ratio(self) -> float:
        """Success there over success here; 0 without any here."""
        return self.there.rate / self.here.rate if self.here.rate else 0.0


def rehearse(config: RehearseConfig) -> str:
    """Rehearse and return the report.

    Raises:
        RefusedError: the bundle's form, signature or a hash is wrong; nothing was loaded.
        MissingExtraError: the physics engine is not installed.
        VerificationError: on some flight the success is less than `ENOUGH` of PyBullet's.
        DeployError: its robot cannot be driven by the runtime, an argument is wrong, a file cannot
            be read or written, or a worker process died.
    """
    if config.json:
        disk.check(config.json)
    require(config.engine)
    about, files = opening.open_bundle(config.bundle, config.public_key)
    motions.check(about)
    trials = _trials(config, about.robot)
    engines = dict.fromkeys((config.engine, TRAINED_IN))
    plays = [EngineTrial(engine, trial) for trial in trials.each for engine in engines]
    shares = [
        Share(about=about, files=files, trials=trials, plays=plays[first :: config.workers])
        for first in range(min(config.workers, len(plays)))
    ]
    console = Console(stderr=True)
    try:
        played: dict[EngineTrial, Played] = dict(
            track(
                gather(play_share, shares),
                "rehearsal",
                total=len(plays),
                console=console,
                disable=not console.is_terminal,
            )
        )
    except WorkerError as error:
        raise DeployError(str(error)) from error
    there, here = (
        summarise(
            trials,
            {play.trial: what.outcome for play, what in played.items() if play.engine == engine},
        )
        for engine in (config.engine, TRAINED_IN)
    )
    rows = [Comparison(*cells) for cells in zip(there, here, strict=True)]
    trips = {engine: _trips(engine, played) for engine in engines}
    report = text(
        title=f"{about.name} {about.version} for {about.robot}",
        config=config,
        rows=rows,
        trips=trips,
    )
    if config.json:
        disk.write(config.json, json.dumps(_record(config, rows, trips), indent=2).encode() + b"\n")
    worst = min(rows, key=lambda row: row.ratio)
    if worst.ratio < ENOUGH:
        flight = f"{100 * worst.there.riser:g} cm {worst.there.direction}"
        raise VerificationError(
            f"{config.bundle}: {worst.ratio:.2f} of PyBullet's success in {config.engine} at "
            f"{flight} (at least {ENOUGH})",
            report,
        )
    return report


def _trials(config: RehearseConfig, robot: str) -> Trials:
    if config.episodes < 1 or config.workers < 1 or config.seed < 0:
        raise DeployError("episodes and workers must be at least 1, the seed at least 0")
    ways: Any = [way.strip() for way in config.directions.split(",")]
    try:
        flights = tuple(
            Staircase(float(riser), direction=way)
            for way, riser in product(ways, config.risers.split(","))
        )
    except ValueError as error:
        raise DeployError(
            f"{error}; risers are numbers [m] with commas between, directions up or down"
        ) from error
    return Trials(
        policy=str(config.bundle),
        robot=robot,
        flights=tuple(dict.fromkeys(flights)),
        episodes=config.episodes,
        seed=config.seed,
        randomize=config.randomize,
    )


def _trips(engine: Engine, played: Mapping[EngineTrial, Played]) -> Counter[str]:
    """Number of episodes by the guard that was the first to trip."""
    return Counter(
        what.trip.split(":")[0]
        for play, what in played.items()
        if play.engine == engine and what.trip
    )


def text(
    title: str,
    config: RehearseConfig,
    rows: Sequence[Comparison],
    trips: Mapping[Engine, Counter[str]],
) -> str:
    """The report as text."""
    lines = [
        f"{title} in {config.engine} beside {TRAINED_IN}, through the robot's runtime: "
        f"{config.episodes} episodes a flight, {config.randomize} randomisation, seed "
        f"{config.seed}",
        "",
        f"{'riser':>8}  {'way':<4}  {config.engine:<26}{TRAINED_IN:<26}ratio",
    ]
    for row in rows:
        verdict = "ok" if row.ratio >= ENOUGH else "FAIL"
        lines.append(
            f"{100 * row.there.riser:5.1f} cm  {row.there.direction:<4}  "
            f"{_cell(row.there):<26}{_cell(row.here):<26}{row.ratio:.2f}  {verdict}"
        )
    lines.append("")
    for engine, counts in trips.items():
        lines.append(
            f"guards that tripped first in {engine}: "
            + (", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none")
        )
    return "\n".join(lines)


def _cell(cell: Cell) -> str:
    low, high = cell.ci95
    return f"{cell.successes}/{cell.episodes} ({100 * low:.0f}-{100 * high:.0f}%)"


def _record(
    config: RehearseConfig, rows: Sequence[Comparison], trips: Mapping[Engine, Counter[str]]
) -> dict[str, object]:
    settings = {name: getattr(config, name) for name in ("engine", "episodes", "seed", "randomize")}
    flights = [
        {
            config.engine: asdict(row.there),
            TRAINED_IN: asdict(row.here),
            "ratio": row.ratio,
            "passed": row.ratio >= ENOUGH,
        }
        for row in rows
    ]
    return settings | {
        "bundle": config.bundle.name,
        "versions": versions(),
        "enough": ENOUGH,
        "flights": flights,
        "trips": trips,
    }
