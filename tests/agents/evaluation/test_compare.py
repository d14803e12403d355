"""Two policies on the same episodes: published intervals, and verdicts only where chance is
excluded.
"""

import json
import sys
from pathlib import Path

import pytest

from agents.evaluation import cli
from agents.evaluation.episodes.compare import compare, table
from agents.evaluation.episodes.statistics import paired, wilson
from agents.evaluation.episodes.trials import TrialOutcome, Trials
from envs.task.staircase import Staircase

UP = Staircase(0.10)
DOWN = Staircase(0.10, direction="down")


def test_paired_gives_the_published_interval() -> None:
    """Cavo et al. (2012) as Fagerland, Lydersen and Laake, "Statistical Analysis of Contingency
    Tables" (2017), chapter 8, have it.
    """
    assert paired(both=59, first=6, second=16, neither=80) == pytest.approx(
        (-0.1186, -0.0046), abs=5e-5
    )


@pytest.mark.parametrize("counts", [(36, 12, 2, 0), (5, 0, 7, 3), (0, 0, 9, 0), (4, 0, 0, 0)])
def test_paired_is_the_mirror_of_the_other_way_round_and_within_bounds(
    counts: tuple[int, int, int, int],
) -> None:
    both, first, second, neither = counts
    low, high = paired(*counts)
    assert paired(both=both, first=second, second=first, neither=neither) == pytest.approx(
        (-high, -low)
    )
    assert -1 <= low <= (first - second) / sum(counts) <= high <= 1


def test_pairs_that_agree_tell_more_than_two_separate_groups() -> None:
    low, high = paired(both=45, first=10, second=0, neither=45)
    (low1, high1) = wilson(55, 100)
    (low2, high2) = wilson(45, 100)
    assert low > 0
    assert high - low < (high1 - low1 + high2 - low2) / 2


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (3, -1, 2, 2)])
def test_paired_refuses_impossible_counts(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="use"):
        paired(*counts)


def test_a_verdict_stands_only_where_the_interval_excludes_zero() -> None:
    trials = Trials(policy="mine", robot="go2", flights=(UP, DOWN), episodes=40, seed=1)
    mine = {
        trial: TrialOutcome(end="arrived", seconds=5.0, speed=0.5, cost_of_transport=1.0)
        for trial in trials.each
    }
    theirs = {
        trial: TrialOutcome(
            end="fall"
            if (trial.stairs == DOWN and trial.episode < 20) or trial.episode == 0
            else "arrived",
            seconds=5.0,
            speed=0.5,
            cost_of_transport=1.0,
        )
        for trial in trials.each
    }
    up, down, all_flights = compare(trials, mine, theirs)
    assert (up.both, up.policy_alone, up.other_alone, up.verdict) == (39, 1, 0, "open")
    assert (down.both, down.policy_alone, down.difference, down.verdict) == (20, 20, 0.5, "better")
    assert (all_flights.episodes, all_flights.policy_alone, all_flights.verdict) == (
        80,
        21,
        "better",
    )
    assert [contrast.verdict for contrast in compare(trials, theirs, mine)] == [
        "open",
        "worse",
        "worse",
    ]
    assert "| down, riser 10.0 cm, tread 28.0 cm | 40 | 20 | 20 | 0 | +50.0% |" in table(
        "mine", "theirs", [up, down]
    )


def test_evaluate_plays_both_policies_on_the_same_episodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "results.json"
    arguments = (
        "--policy zero --against zero --risers 0.02 --directions up --steps 3 --episodes "
        "2 --seconds 8 --workers 1 --json"
    )
    monkeypatch.setattr(sys, "argv", ["evaluate.py", *arguments.split(), str(path)])
    assert cli.main() == 0
    results = json.loads(path.read_text())
    assert results["cells"] == results["against"]["cells"]
    (contrast,) = results["contrasts"]
    assert (
        contrast["difference"],
        contrast["verdict"],
        contrast["policy_alone"],
        contrast["other_alone"],
    ) == (0.0, "open", 0, 0)
    assert "`zero` against `zero`" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        ("--against nobody", "there is no policy 'nobody'"),
        ("--against go2 --suite odd", "leave out"),
    ],
)
def test_wrong_rivals_are_one_line(
    arguments: str, remedy: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["evaluate.py", "--policy", "zero", *arguments.split()])
    assert cli.main() == 2
    error = capsys.readouterr().err
    assert remedy in error
    assert error.count("\n") == 1
