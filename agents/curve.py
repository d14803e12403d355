"""Learning curves of runs as a picture: python -m agents.curve runs/a runs/b --out curve.png.

The log of a shipped policy, such as agents/pretrained/go2/seed-1.csv, is as good as a run.
"""

import csv
import sys
from pathlib import Path
from typing import Annotated

import tyro
from matplotlib.axes import Axes
from matplotlib.figure import Figure

RISERS = {(10, 11): ":", (15,): "--", (20, 21): "-"}
"""[cm]: of these the first that a run's levels have, and the style of its line."""
LINES = (("curriculum/riser_up", "up", "-"), ("curriculum/riser_down", "down", "--"))


def read(run: Path) -> list[dict[str, float]]:
    """The rows of the log of a run, oldest first; what a row lacks is left out of it. `run` is the
    run's folder, or a log.

    Raises:
        OSError: the run has no log.
    """
    rows: dict[float, dict[str, float]] = {}
    for path in _logs(run):
        # A run that was killed may end in the middle of a line, and what came after its last
        # checkpoint comes again in the next part.
        with path.open() as file:
            whole = [line for line in file if line.endswith("\n")]
        for row in csv.DictReader(whole):
            rows[float(row["time/total_timesteps"])] = {
                key: float(value) for key, value in row.items() if key and value
            }
    return [rows[steps] for steps in sorted(rows)]


def _logs(run: Path) -> list[Path]:
    """The logs of a run: a resumed one has one for each part, in this order."""
    if run.is_file():
        return [run]
    parts = [run / "tensorboard" / "progress.csv", *(run / "tensorboard").glob("progress-*.csv")]
    return sorted(parts, key=lambda path: int(path.stem.partition("-")[2] or 0))


def draw(runs: dict[str, list[dict[str, float]]], out: Path) -> None:
    """Two pictures in one, a colour for each run: the mean riser of the curriculum [cm], and
    success on some risers going up, both against control steps [millions].
    """
    figure = Figure(figsize=(8, 8), layout="constrained")
    practised, passed = figure.subplots(2, sharex=True)
    for number, (name, rows) in enumerate(runs.items()):
        for key, way, style in LINES:
            _line(
                axes=practised,
                rows=rows,
                key=key,
                style=style,
                colour=f"C{number}",
                label=f"{name}, {way}",
            )
        for risers, style in RISERS.items():
            riser = next(
                (riser for riser in risers if any(f"success_up/{riser}cm" in row for row in rows)),
                risers[0],
            )
            _line(
                axes=passed,
                rows=rows,
                key=f"success_up/{riser}cm",
                style=style,
                colour=f"C{number}",
                label=f"{name}, {riser} cm up",
            )
    practised.set(
        ylabel="mean riser of the curriculum [cm]", title="What the robots were practising on"
    )
    passed.set(
        xlabel="control steps [millions]",
        ylabel="success of the last 100 training episodes [%]",
        title="What they managed, with the noise of exploration",
    )
    for axes in (practised, passed):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.savefig(out, dpi=120)


def _line(
    axes: Axes, rows: list[dict[str, float]], key: str, style: str, colour: str, label: str
) -> None:
    points = [(row["time/total_timesteps"] / 1e6, 100 * row[key]) for row in rows if key in row]
    # Levels of the curriculum differ between robots: not every run has every riser.
    if points:
        axes.plot([x for x, _ in points], [y for _, y in points], style, color=colour, label=label)


def main(runs: Annotated[tuple[Path, ...], tyro.conf.Positional], out: Path) -> int:
    """Draw the learning curves of training runs.

    Args:
        runs: folders of the runs, or logs (.csv).
        out: the picture to write.
    """
    try:
        draw({run.stem if run.is_file() else run.name: read(run) for run in runs}, out)
    except OSError as error:
        print(
            f"curve: cannot use {error.filename}: {error.strerror}; name the folders of training "
            "runs, and a picture to write",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(tyro.cli(main))
