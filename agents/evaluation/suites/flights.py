"""The flights that a configuration describes, with a plot, a video and a comparison if it asks for
them.
"""

from collections.abc import Sequence
from dataclasses import replace

from agents.evaluation.episodes import compare
from agents.evaluation.episodes.config import EvaluateConfig, plan
from agents.evaluation.episodes.results import Cell, record, summarise, table
from agents.evaluation.episodes.trials import Trials, run
from agents.evaluation.suites.suite import Judgement
from agents.outputs import whole


def judge(config: EvaluateConfig) -> Judgement:
    """Play the flights.

    Raises:
        OSError: a file cannot be written after all.
        WorkerError: a worker process died or failed.
    """
    trials = plan(config)
    outcomes = run(trials, config.workers)
    cells = summarise(trials, outcomes)
    _draw(config, trials, cells)
    if config.against is None:
        return Judgement(table(cells), record(trials, cells))
    rival = replace(trials, policy=config.against)
    others = run(rival, config.workers)
    contrasts = compare.compare(trials, outcomes, others)
    found = record(trials, cells) | {
        "against": record(rival, summarise(rival, others)),
        "contrasts": [contrast._asdict() for contrast in contrasts],
    }
    text = f"{table(cells)}\n\n{compare.table(trials.policy, rival.policy, contrasts)}"
    return Judgement(text, found)


def _draw(config: EvaluateConfig, trials: Trials, cells: Sequence[Cell]) -> None:
    """Write the plot and the video that `config` asks for."""
    if config.plot is not None:
        from agents.evaluation.reports.plots import plot

        title = f"{trials.policy}, {trials.episodes} episodes a flight, {trials.randomize}"
        with whole(config.plot) as path:
            plot(path, {trials.policy: cells}, title)
    if config.video is not None:
        from agents.evaluation.reports import video

        films = video.film(trials, video.sample(trials))
        with whole(config.video) as path:
            video.write(path, films)
