"""What a researcher changes first: from the command line, from a file, and written into the run."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.training import cli, record
from agents.training.config import TrainConfig, preset, problem
from envs.robots import ROBOTS
from envs.robots.ranges import Range
from envs.robots.tracks import FlipperSchedule
from envs.settings import plain


def made(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> TrainConfig:
    """The settings that a command line makes."""
    seen: list[TrainConfig] = []

    def check(config: TrainConfig) -> str:
        seen.append(config)
        return "enough"

    monkeypatch.setattr(cli, "check", check)
    monkeypatch.setattr(sys, "argv", ["train.py", "--run", "runs/any", *arguments])
    assert cli.main() == 2
    return seen[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(
        """
        robot = "tracked"
        seed = 5
        [rewards]
        progress = 3
        turning = 2.0
        [gait]
        reach = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
        [randomization.friction]
        high = 1.5
        """
    )
    return path


def test_the_command_line_reaches_gait_rewards_ranges_and_curriculum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arguments = "--rewards.progress 3 --gait.clearance 0.12 --randomization.friction.high 1"
    config = made(monkeypatch, *arguments.split(), "--curriculum.highest", "0.3")
    spec = config.spec
    assert spec.rewards.progress == 3.0
    assert spec.trot.clearance == 0.12
    assert spec.randomization.friction == Range(0.25, 1.0, 0.8)
    assert config.curriculum.highest == 0.3
    # All else is the robot's own.
    assert replace(config, **{name: getattr(preset("go2"), name) for name in vars(config)}) == (
        preset("go2")
    )
    assert (
        replace(
            spec,
            rewards=ROBOTS["go2"].rewards,
            gait=ROBOTS["go2"].gait,
            randomization=ROBOTS["go2"].randomization,
        )
        == (ROBOTS["go2"])
    )


def test_the_command_line_comes_before_the_file_and_the_file_before_the_robot(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = made(monkeypatch, "--config", str(file), "--rewards.turning", "4", "--seed=6")
    own = preset("tracked")
    assert config.robot == "tracked"
    assert config.seed == 6
    assert config.rewards == replace(own.rewards, progress=3.0, turning=4.0)
    assert config.randomization.friction == own.randomization.friction._replace(high=1.5)
    assert isinstance(config.gait, FlipperSchedule)
    assert config.gait.reach[-1] == 0.7
    assert config.robots == own.robots


def test_a_run_can_be_made_again_from_its_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(preset("tracked"), run=Path("runs/old"), seed=8)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(plain(config)))
    again = made(monkeypatch, "--config", str(path))
    assert again == replace(config, run=Path("runs/any"), config=path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[rewards]\nprogres = 3", "unknown setting 'rewards.progres'; use alive, progress, "),
        ("[reward]\nprogress = 3", "unknown setting 'reward'; use run, config, robot"),
        ("[randomization.friction]\nmost = 3", "'randomization.friction.most'; use low, high, nom"),
        ("[gait]\nlift_range = 1.0", "unknown setting 'gait.lift_range'; use offsets, "),
        ("steps = 1.5", "steps is 1.5; use a whole number"),
        ("seed = true", "seed is True; use a whole number"),
        ('randomize = "half"', "randomize is 'half'; use nominal or full"),
        ("ppo = 3", "ppo is 3; use values for rollout, "),
        ("[gait]\nlook_ahead = [1]", "gait.look_ahead is [1]; use a list of 2 numbers"),
        ("seed", "is not TOML"),
    ],
)
def test_what_a_file_cannot_say_is_one_line_with_its_name(
    text: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    arguments = ["--run", str(tmp_path / "run"), "--config", str(path)]
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments])
    assert cli.main() == 2
    error = capsys.readouterr().err
    assert error.startswith(f"train.py: {path}")
    assert says in error
    assert error.count("\n") == 1


def test_a_file_that_is_missing_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "missing.toml")
    monkeypatch.setattr(sys, "argv", ["train.py", "--run", "x", "--config", missing])
    assert cli.main() == 2
    assert f"cannot read {missing}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--rewards.progress nan", "rewards.progress is nan; use -1000 to 1000"),
        ("--gait.duty 0.1", "gait.duty is 0.1; use 0.5 to 0.95"),
        ("--gait.offsets 0 0.5", "gait.offsets has 2 numbers; use 4"),
        ("--ppo.gamma 2", "ppo.gamma is 2.0; use 0 to 1"),
        ("--randomization.friction.high 0.1", "use low <= nominal <= high"),
        ("--curriculum.lowest 0.3", "use at most curriculum.highest"),
    ],
)
def test_settings_that_cannot_be_are_one_line(
    arguments: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = str(tmp_path / "run")
    monkeypatch.setattr(sys, "argv", ["train.py", "--run", run, *arguments.split()])
    assert cli.main() == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_the_gait_is_of_the_robot() -> None:
    config = replace(preset("go2"), gait=FlipperSchedule())
    assert problem(config) == "gait is a FlipperSchedule; go2 has a TrotGait"


@pytest.mark.parametrize("robot", ROBOTS)
def test_every_robots_own_settings_can_be(robot: str) -> None:
    config = preset(robot)
    assert problem(config) is None
    assert config.spec == ROBOTS[robot]


def resumed(folder: Path, **other: Any) -> TrainConfig:
    """A run in `folder` that goes on with `other` settings than it was begun with."""
    config = replace(preset("go2"), run=folder)
    record.write(config, steps=0)
    return replace(config, resume=True, **other)


@pytest.mark.parametrize(
    ("other", "option"),
    [
        ({"seed": 2}, "--seed 1"),
        ({"blind": True}, "--no-blind"),
        ({"rewards": replace(preset("go2").rewards, power=0.0)}, "--rewards.power -0.0006"),
        (
            {"curriculum": replace(preset("go2").curriculum, highest=0.3)},
            "--curriculum.highest 0.25",
        ),
    ],
)
def test_a_resumed_run_that_would_be_another_is_refused(
    other: dict[str, Any], option: str, tmp_path: Path
) -> None:
    assert cli.check(resumed(tmp_path, **other)) == (
        f"{tmp_path} was begun with {option}; resume it so, or name a new folder"
    )


def test_a_resumed_run_says_what_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = resumed(tmp_path, steps=99, ppo=replace(preset("go2").ppo, rate=1e-4))
    begun = json.loads((tmp_path / "versions.json").read_text())
    monkeypatch.setattr(record, "made_with", lambda: begun | {"torch": "0.1"})
    assert cli.check(config) is None
    assert list(record.changes(config)) == [
        "resumed with steps 99, not 26214400",
        "resumed with ppo.rate 0.0001, not 0.0005",
        "resumed with torch 0.1, not " + begun["torch"],
    ]


def test_what_a_run_was_begun_with_stays(tmp_path: Path) -> None:
    config = resumed(tmp_path, workers=1)
    record.write(config, steps=640)
    names = ("config.json", "config-640.json")
    kept = [json.loads((tmp_path / name).read_text()) for name in names]
    assert [settings["workers"] for settings in kept] == [2, 1]
    assert (tmp_path / "datasheet-640.txt").read_text() == (tmp_path / "datasheet.txt").read_text()
