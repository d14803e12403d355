"""What the rehearsal does, step by step: each is timed, and must end as it should."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.robot_demo.page import Act
from deploy.runtime.errors import DeployError


@dataclass
class Play:
    """The steps that have been done so far."""

    folder: Path
    """Folder in which the commands run."""
    acts: list[Act] = field(default_factory=list)
    """Steps that have been done."""

    def command(self, title: str, why: str, *words: object, expected: int = 0) -> None:
        """Run `python -m deploy` with these words."""
        texts = list(map(str, words))
        begin = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "deploy", *texts],
            cwd=self.folder,
            env=_surroundings(),
            capture_output=True,
            text=True,
            check=False,
        )
        typed = "python -m deploy " + shlex.join(texts).replace(f"{self.folder}/", "")
        self._add(
            Act(
                title=title,
                why=why,
                command=typed,
                said=done.stderr + done.stdout,
                status=done.returncode,
                expected=expected,
                seconds=time.monotonic() - begin,
            )
        )

    def hands(self, title: str, why: str, do: Callable[[], str]) -> None:
        """Something that is done by hand, without a command line."""
        begin = time.monotonic()
        self._add(
            Act(
                title=title,
                why=why,
                command="",
                said=do(),
                status=0,
                expected=0,
                seconds=time.monotonic() - begin,
            )
        )

    def _add(self, act: Act) -> None:
        self.acts.append(act)
        print(f"{'ok' if act.well else 'FAIL':<4}  {act.title} ({act.seconds:.1f} s)", flush=True)
        if not act.well:
            raise DeployError(
                f"{act.title} ended with status {act.status} instead of {act.expected}:\n{act.said}"
            )


def _surroundings() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
