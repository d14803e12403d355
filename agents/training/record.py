"""Record of a run beside its checkpoints: settings, versions, and the environment's data sheet.

A resumed run leaves its own beside those that it was begun with.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from agents.outputs import whole
from agents.training.config import TrainConfig
from agents.versions import revision, versions
from envs.data_sheet import data_sheet
from envs.settings import Difference, differences, plain

SAME = (
    "robot",
    "robots",
    "blind",
    "seed",
    "randomize",
    "gait",
    "rewards",
    "randomization",
    "curriculum",
)
"""Settings that a resumed run shares with its beginning: with others it would be another run."""
PASSING = ("run", "resume", "config")
"""Settings that say where a run is and how it was called, and nothing of what it does."""


def write(config: TrainConfig, steps: int) -> None:
    """Write settings, versions and data sheet into the run's folder. `steps` is where the run goes
    on; what it was begun with stays.

    Raises:
        OSError: the folder is not writable, or the disk is full.
    """
    suffix = f"-{steps}" if steps and (config.run / "config.json").is_file() else ""
    texts = {
        f"config{suffix}.json": _json(plain(config)),
        f"versions{suffix}.json": _json(made_with()),
        f"datasheet{suffix}.txt": data_sheet(config.spec) + "\n",
    }
    for name, text in texts.items():
        with whole(config.run / name) as path:
            path.write_text(text)


def made_with() -> dict[str, str]:
    """Versions of Python and packages, the git revision, and whether its tree was clean."""
    return versions() | revision()


def another_run(config: TrainConfig) -> str | None:
    """Why `config` is another run than the one in its folder; None if it is the same."""
    saved = config.run / "config.json"
    before = _read(saved)
    if before is None:
        return f"{saved} is damaged; delete it to resume with the settings of this command line"
    for difference in differences(before, plain(config)):
        # What the version that began the run did not have yet, `changes` says.
        if difference.before is not None and difference.name.partition(".")[0] in SAME:
            begun = f"{config.run} was begun with {_option(difference)}"
            return f"{begun}; resume it so, or name a new folder"
    return None


def changes(config: TrainConfig) -> Iterator[str]:
    """Settings and versions in which a resumed run differs from its beginning, a line each."""
    for name, now in (("config.json", plain(config)), ("versions.json", made_with())):
        before = _read(config.run / name)
        for difference in differences(before, now) if before else ():
            if difference.name not in PASSING:
                yield f"resumed with {difference.name} {difference.now}, not {difference.before}"


def _json(content: Mapping[str, object]) -> str:
    return json.dumps(content, indent=2) + "\n"


def _read(path: Path) -> dict[str, object] | None:
    """Content of a file of the run; empty if it is missing, None if it is damaged."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text())
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _option(difference: Difference) -> str:
    """The option of a command line that sets what it was before."""
    name = difference.name.replace("_", "-")
    if isinstance(difference.before, bool):
        return f"--{'' if difference.before else 'no-'}{name}"
    numbers = difference.before if isinstance(difference.before, list) else [difference.before]
    return " ".join([f"--{name}", *" ".join(map(str, numbers)).split()])
