from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image

from agents.evaluation.episodes.results import summarise
from agents.evaluation.episodes.trials import Trial, TrialOutcome, Trials, run
from agents.evaluation.reports import plots, report, video
from envs.task.staircase import Staircase

FLIGHTS = (Staircase(0.12, 0.28, 4), Staircase(0.12, 0.28, 4, direction="down"))
TRIALS = Trials(
    policy="random", robot="go2", flights=FLIGHTS, episodes=2, seed=5, randomize="full", seconds=0.4
)

Played = tuple[dict[Trial, TrialOutcome], dict[Trial, video.Film]]


@pytest.fixture(scope="module")
def played() -> Played:
    return run(TRIALS, workers=1), video.film(TRIALS, video.sample(TRIALS))


def test_the_sample_has_one_episode_a_direction_and_follows_the_seed() -> None:
    many = Trials(policy="zero", robot="go2", flights=FLIGHTS, episodes=1000, seed=5)
    sample = video.sample(many)
    assert [trial.stairs.direction for trial in sample] == ["up", "down"]
    assert sample == video.sample(many)
    assert sample != video.sample(
        Trials(policy="zero", robot="go2", flights=FLIGHTS, episodes=1000, seed=6)
    )


def test_a_film_shows_the_episode_that_was_counted(played: Played) -> None:
    outcomes, films = played
    for trial, frames in films.items():
        steps = round(outcomes[trial].seconds * 50)
        assert len(frames) == steps // 2 + 1 + video.HOLD


def test_films_are_in_real_time_whatever_the_control_step() -> None:
    trials = Trials(
        policy="scripted", robot="tracked", flights=FLIGHTS[:1], episodes=1, seed=5, seconds=1.0
    )
    (trial,) = trials.each
    # 20 steps of 0.05 s.
    assert len(video.film(trials, [trial])[trial]) == 25 + 1 + video.HOLD


def test_the_report_is_complete(played: Played, tmp_path: Path) -> None:
    outcomes, films = played
    cells = summarise(TRIALS, outcomes)
    path = report.write(
        folder=tmp_path / "demo",
        command="make demo",
        results={"random": (TRIALS, cells)},
        films=films,
        notes="Notes.",
    )
    text = path.read_text()
    assert "riser 12 cm, episode" in text
    for name in ("success.png", "episodes.png", "episodes.mp4", "results.json"):
        assert (path.parent / name).stat().st_size > 0
        assert f"({name})" in text
    assert len(list(path.parent.iterdir())) == 5
    film = imageio_ffmpeg.read_frames(str(path.parent / "episodes.mp4"))
    about = next(film)
    film.close()
    assert (about["codec"], about["size"], about["fps"]) == (
        "h264",
        video.SIZE,
        video.FRAMES_PER_SECOND,
    )
    with Image.open(path.parent / "episodes.png") as sheet:
        assert sheet.width / sheet.height == pytest.approx(
            video.SHEET[0] * video.SIZE[0] / (video.SHEET[1] * video.SIZE[1])
        )


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_plots_compare_policies(played: Played, tmp_path: Path, suffix: str) -> None:
    cells = summarise(TRIALS, played[0])
    plots.plot(tmp_path / f"plot{suffix}", {"go2": cells, "zero": cells}, "title")
    assert (tmp_path / f"plot{suffix}").stat().st_size > 1000
