"""Replays how a number stopped being finite: python -m envs.workers.replay FILE.

The file has the episode, the state of its generator, and every action.
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import tyro
from numpy.typing import NDArray

from envs.files import atomic
from envs.physics.quiet import quiet
from envs.robots import find
from envs.robots.spec import RobotSpec
from envs.settings import changed, plain
from envs.task.scenario import Order, Scenario
from envs.task.staircase import Staircase

if TYPE_CHECKING:
    from envs.climb import ClimbBatch, Result

SETTINGS = ("gait", "rewards", "randomization")
"""Settings in which a training run may differ from the robot's own file."""


def faults(batch: "ClimbBatch", result: "Result") -> dict[int, str]:
    """The robots with a number that is not finite after a control step, by row, and its source."""
    parts: dict[str, NDArray[np.floating]] = {
        "physics": batch.physics.raw_state(),
        "observation": result.policy,
        "privileged observation": result.privileged,
        "reward": result.terms,
    }
    found: dict[int, str] = {}
    for what, numbers in parts.items():
        if not np.isfinite(numbers).all():
            for row in np.flatnonzero(~np.isfinite(numbers).all(1)).tolist():
                found.setdefault(row, what)
    return found


@dataclass(frozen=True)
class Recording:
    """A recorded episode."""

    spec: RobotSpec
    """The robot, with the settings that it was trained with."""
    scenario: Scenario
    """The scenario of the episode."""
    generator: dict[str, object]
    """State of the episode's generator at the robot's initial pose."""
    actions: NDArray[np.float32]
    """All actions of the episode, (T, A)."""
    fault: str
    """Source of the number that was not finite after the last action."""

    def write(self, path: Path) -> Path:
        """Write the recording to `path` as JSON, atomically; floats keep every bit."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content: dict[str, object] = {
            "robot": self.spec.name,
            "settings": {name: plain(getattr(self.spec, name)) for name in SETTINGS},
            "scenario": asdict(self.scenario),
            "generator": self.generator,
            "actions": self.actions,
            "fault": self.fault,
        }
        with atomic(path) as partial:
            partial.write_text(json.dumps(content, default=lambda array: array.tolist()) + "\n")
        return path


def read(path: Path) -> Recording:
    """The recording at `path`.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is damaged, or from another version.
    """
    try:
        content = json.loads(path.read_text())
        s = content["scenario"]
        values = {name: np.array(value) for name, value in s["values"].items()}
        figures: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in s["stairs"].items()
        }
        scenario = Scenario(
            **s
            | {
                "stairs": Staircase(**figures),
                "orders": tuple(Order(*order) for order in s["orders"]),
                "values": values,
            }
        )
        return Recording(
            spec=changed(find(content["robot"]), content.get("settings", {})),
            scenario=scenario,
            generator=content["generator"],
            actions=np.array(content["actions"], np.float32),
            fault=content["fault"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is damaged, or of another version ({error}); train again with this version"
        ) from error


def play(recording: Recording) -> tuple[int, str] | None:
    """Replay `recording`. Returns when a number was not finite, and its source.

    The time is in control steps. None if all numbers are finite.
    """
    with quiet():
        from envs.climb import ClimbBatch

        batch = ClimbBatch(recording.spec, 1)
    generator = np.random.default_rng()
    generator.bit_generator.state = recording.generator
    try:
        batch.reset({0: recording.scenario}, {0: generator})
        for step, action in enumerate(recording.actions, 1):
            if found := faults(batch, batch.step(action[None])):
                return step, found[0]
        return None
    finally:
        batch.close()


def main(file: Annotated[Path, tyro.conf.Positional]) -> int:
    """Replay a recorded fault.

    Exit status: 0 if the fault came again, 1 if it did not, 2 if the file cannot be used.

    Args:
        file: a file that a training run wrote into its folder `faults`.
    """
    try:
        recording = read(file)
    except (OSError, ValueError) as error:
        print(f"replay: {error}", file=sys.stderr)
        return 2
    print(
        f"{recording.spec.name}, {recording.scenario.stairs}, {len(recording.actions)} control "
        f"steps; recorded: {recording.fault} is not finite"
    )
    found = play(recording)
    if found is None:
        print(
            "replay: every number is finite; another version or machine than the one that "
            "recorded it?",
            file=sys.stderr,
        )
        return 1
    print(f"played again: {found[1]} is not finite after {found[0]} control steps")
    return 0


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
