"""A report of an evaluation: a folder with Markdown, a plot, a contact sheet, a video and the
figures as JSON.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from agents.evaluation.episodes.results import Cell, record, table
from agents.evaluation.episodes.trials import Trial, Trials
from agents.evaluation.reports import plots, video
from agents.outputs import whole
from agents.versions import versions

OUTCOMES_NOTE = """An episode succeeds if the robot comes to the landing (or to the floor below),
one body length past the last edge, upright and in time. Times, speeds and costs of transport are
means over the episodes that succeeded; intervals are Wilson's."""


def write(
    folder: Path,
    command: str,
    results: Mapping[str, tuple[Trials, Sequence[Cell]]],
    films: Mapping[Trial, video.Film],
    notes: str,
) -> Path:
    """Write the report into `folder` and return the path of its text.

    Args:
        command: what makes the report again.
        results: of the policy first, then of those it is compared with, by name.
        films: episodes of the first policy.
        notes: what the reader should know of the flights.

    Raises:
        OSError: the folder is not writable, or the disk is full.
    """
    with whole(folder / "success.png") as path:
        plots.plot(
            path,
            {name: cells for name, (_, cells) in results.items()},
            "Flights climbed and descended",
        )
    with whole(folder / "episodes.png") as path:
        video.contact_sheet(path, films)
    with whole(folder / "episodes.mp4") as path:
        video.write(path, films)
    with whole(folder / "results.json") as path:
        path.write_text(
            json.dumps([record(trials, cells) for trials, cells in results.values()], indent=2)
            + "\n"
        )
    with whole(folder / "report.md") as path:
        path.write_text(text(command=command, results=results, filmed=list(films), notes=notes))
    return folder / "report.md"


def text(
    command: str,
    results: Mapping[str, tuple[Trials, Sequence[Cell]]],
    filmed: Sequence[Trial],
    notes: str,
) -> str:
    """The report in Markdown."""
    name, (trials, _) = next(iter(results.items()))
    tables = [f"### `{key}`\n\n{table(cells)}" for key, (_, cells) in results.items()]
    episodes = "; ".join(
        f"{trial.stairs.direction}, riser {100 * trial.stairs.riser:g} cm, "
        f"episode {trial.episode + 1} of {trials.episodes}"
        for trial in filmed
    )
    made_with = ", ".join(f"{key} {value}" for key, value in versions().items())
    parts = [
        f"# `{name}` on stairs",
        notes,
        "![Success against riser](success.png)",
        *tables,
        OUTCOMES_NOTE,
        "## Filmed",
        "Drawn by the seed from the episodes counted above, one in each direction, not chosen by "
        f"what came of them: {episodes}. Video: [episodes.mp4](episodes.mp4).",
        "![Pictures of the filmed episodes](episodes.png)",
        "## Made with",
        f"```sh\n{command}\n```",
        f"{made_with}. Every figure: [results.json](results.json).",
    ]
    return "\n\n".join(parts) + "\n"
