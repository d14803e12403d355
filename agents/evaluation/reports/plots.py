"""Success against step height, as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from agents.evaluation.episodes.results import Cell

COLOURS = {"up": "#1f6fb4", "down": "#d9772b"}
STYLES = (("-", 1.0), ("--", 0.55))
"""Line and opacity of the first policy, and of those it is compared with."""


def plot(path: Path, results: Mapping[str, Sequence[Cell]], title: str) -> None:
    """Success rate with its 95% interval against the riser; one line for each policy (the keys),
    direction and tread. The suffix of `path` is the format.
    """
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for number, (name, cells) in enumerate(results.items()):
        treads = sorted({cell.tread for cell in cells})
        for way in COLOURS:
            for tread in treads:
                line = sorted(
                    (cell for cell in cells if (cell.direction, cell.tread) == (way, tread)),
                    key=lambda cell: cell.riser,
                )
                depth = f", tread {100 * tread:.0f} cm" if len(treads) > 1 else ""
                _line(axes, line, f"{name}, {way}{depth}", COLOURS[way], *STYLES[min(number, 1)])
    axes.set(
        xlabel="riser [cm]",
        ylabel="episodes that reach the landing [%]",
        ylim=(-4, 104),
        title=title,
    )
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    figure.savefig(path, dpi=120)


def _line(
    axes: Axes, cells: Sequence[Cell], label: str, colour: str, style: str, alpha: float
) -> None:
    if not cells:
        return
    # A point that two lines share would hide one of them: down is drawn a little to the right.
    risers = [100 * cell.riser + (0.06 if cell.direction == "down" else 0.0) for cell in cells]
    rates = [100 * cell.rate for cell in cells]
    errors = [
        [100 * (cell.rate - cell.ci95[0]) for cell in cells],
        [100 * (cell.ci95[1] - cell.rate) for cell in cells],
    ]
    axes.errorbar(
        risers,
        rates,
        yerr=errors,
        label=label,
        color=colour,
        linestyle=style,
        alpha=alpha,
        marker="o",
        capsize=4,
    )
