import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from agents import checkpoint
from agents.evaluation import cli
from agents.evaluation.episodes.parallel import gather
from agents.evaluation.episodes.results import summarise, table
from agents.evaluation.episodes.statistics import wilson
from agents.evaluation.episodes.trials import Trial, TrialOutcome, Trials, play, run
from agents.evaluation.suites import SUITES
from agents.networks import Actor
from agents.outputs import unwritable, whole
from envs.programs.legged import Controller
from envs.robots import ROBOTS
from envs.task.staircase import Staircase
from envs.workers.worker import WorkerError

UP = Staircase(0.10, 0.28, 4)
DOWN = Staircase(0.10, 0.28, 4, direction="down")


@pytest.mark.parametrize(
    ("successes", "episodes", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (8, 10, 0.4902, 0.9433),
        (50, 100, 0.4038, 0.5962),
        (10, 10, 0.7225, 1.0),
        (99, 100, 0.9455, 0.9982),
    ],
)
def test_wilson_gives_published_values(
    successes: int, episodes: int, low: float, high: float
) -> None:
    assert wilson(successes, episodes) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(("successes", "episodes"), [(0, 0), (3, 2), (-1, 2)])
def test_wilson_refuses_impossible_counts(successes: int, episodes: int) -> None:
    with pytest.raises(ValueError, match="episode"):
        wilson(successes, episodes)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run with an untrained network whose actions are large enough to matter."""
    folder = tmp_path_factory.mktemp("run")
    controller = Controller(ROBOTS["go2"])
    torch.manual_seed(0)
    actor = Actor(controller.observations, controller.actions)
    checkpoint.save(folder, 1, {"robot": "go2", "actor": actor.state_dict(), "origin": {}})
    return str(folder)


def test_an_episode_depends_on_nothing_but_itself(network: str) -> None:
    trials = Trials(
        policy=network,
        robot="go2",
        flights=(UP, DOWN),
        episodes=12,
        seed=3,
        randomize="full",
        seconds=1.0,
    )
    together = run(trials, workers=1)
    assert len(together) == 24
    assert run(trials, workers=2) == together
    alone = dict(play(replace(trials, flights=(DOWN,), episodes=2), [Trial(DOWN, 1)]))
    assert alone[Trial(DOWN, 1)] == together[Trial(DOWN, 1)]
    assert len(set(together.values())) == 24


def test_another_seed_gives_other_episodes() -> None:
    trials = Trials(policy="zero", robot="go2", flights=(UP,), episodes=1, seed=3)
    draws = [
        trials.generator(Trial(UP, 0)).random(),
        replace(trials, seed=4).generator(Trial(UP, 0)).random(),
        trials.generator(Trial(DOWN, 0)).random(),
    ]
    assert len(set(draws)) == 3


def test_the_trot_alone_climbs_three_low_steps() -> None:
    low = Staircase(0.02, 0.28, 3)
    ((_, outcome),) = play(
        Trials(policy="zero", robot="go2", flights=(low,), episodes=1, seed=1), [Trial(low, 0)]
    )
    assert outcome.end == "arrived"
    assert 0.2 < outcome.speed < 0.7
    assert 0.5 < outcome.cost_of_transport < 5.0


def test_cells_count_what_ended_how() -> None:
    trials = Trials(policy="zero", robot="go2", flights=(UP, DOWN), episodes=4, seed=1)
    ends = {
        UP: ("arrived", "arrived", "fall", "timeout"),
        DOWN: ("off_side", "fall", "fall", "timeout"),
    }
    outcomes = {
        Trial(stairs, i): TrialOutcome(
            end=end, seconds=4.0 + 2 * i, speed=0.5, cost_of_transport=1.0
        )
        for stairs, all_ends in ends.items()
        for i, end in enumerate(all_ends)
    }
    up, down = summarise(trials, outcomes)
    assert (up.successes, up.rate, up.mean_seconds, up.failures) == (
        2,
        0.5,
        5.0,
        {"fall": 1, "stuck": 1, "off_side": 0},
    )
    assert (down.rate, down.mean_seconds, down.failures) == (
        0.0,
        None,
        {"fall": 2, "stuck": 1, "off_side": 1},
    )
    assert len({len(line) for line in table([up, down]).splitlines()}) == 1


def evaluate_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["evaluate.py", *arguments])
    return cli.main()


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("--policy", "nobody"), "use go2, go2-blind, tracked, zero"),
        (("--risers=-0.1",), "0.02 to 0.45"),
        (("--risers", "nan"), "0.02 to 0.45"),
        (("--risers", "high"), "such as 0.10,0.15"),
        (("--treads", "0"), "0.22 to 3"),
        (("--steps", "300"), "3 to 16"),
        (("--directions", "up,left"), "'up' or 'down'"),
        (("--episodes", "0"), "use 1 to"),
        (("--robot", "cat"), "use a1, go2, tracked"),
        (("--suite", "flat"), "use flights, odd, ctu, behaviour"),
        (("--json", "/dev/full"), "name another one"),
        (("--json", "/proc/results.json"), "name a file in a folder"),
        (("--video", "film.avi"), ".mp4"),
        (("--plot", "plot.doc"), ".png"),
    ],
)
def test_bad_arguments_cost_one_line_and_leave_nothing(
    arguments: tuple[str, ...],
    remedy: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    defaults = {"--policy": "zero", "--json": "results.json"}
    given = [
        part for key, value in defaults.items() if key not in arguments for part in (key, value)
    ]
    assert evaluate_main(monkeypatch, *given, *arguments) == 2
    error = capsys.readouterr().err
    assert remedy in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_help_lists_the_suites(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        evaluate_main(monkeypatch, "--help")
    said = " ".join(capsys.readouterr().out.split())
    assert all(f"{name}: {suite.meaning}" in said for name, suite in SUITES.items())


def test_a_broken_checkpoint_is_a_failure_that_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "policy.pt"
    results = tmp_path / "results.json"
    broken.write_bytes(b"no policy")
    results.write_text("kept")
    assert evaluate_main(monkeypatch, "--policy", str(broken), "--json", str(results)) == 1
    assert "damaged" in capsys.readouterr().err
    assert results.read_text() == "kept"


def test_evaluate_writes_what_it_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new" / "results.json"
    arguments = (
        "--policy random --risers 0.15 --directions down --episodes 2 --seconds 1 "
        "--workers 1 --json"
    )
    assert evaluate_main(monkeypatch, *arguments.split(), str(path)) == 0
    results = json.loads(path.read_text())
    (cell,) = results["cells"]
    assert (
        results["policy"],
        results["robot"],
        cell["riser"],
        cell["direction"],
        cell["steps"],
        cell["episodes"],
    ) == ("random", "go2", 0.15, "down", 10, 2)
    assert cell["successes"] + sum(cell["failures"].values()) == 2
    assert cell["ci95"] == pytest.approx(wilson(cell["successes"], 2))
    assert f"{cell['successes']}/2" in capsys.readouterr().out
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(OSError, match="disk is full"):
        _write_half(path)
    assert path.read_text() == "old"
    with whole(path) as partial:
        partial.write_text("new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def _write_half(path: Path) -> None:
    with whole(path) as partial:
        partial.write_text("half")
        raise OSError("disk is full")


def test_a_link_is_not_an_output(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert "not a regular file" in str(unwritable(tmp_path / "link"))
    assert unwritable(tmp_path / "new" / "file") is None
    assert not (tmp_path / "new").exists()


def _die(_: int) -> Iterator[int]:
    os._exit(9)


def _fail(_: int) -> Iterator[int]:
    raise ValueError("no such stairs")


def test_workers_that_die_or_fail_are_reported() -> None:
    with pytest.raises(WorkerError, match="exit status 9"):
        list(gather(_die, [1]))
    with pytest.raises(WorkerError, match="no such stairs"):
        list(gather(_fail, [1]))
