"""The command line of training: what it refuses, in a line, and what each robot brings."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.training import cli, record
from agents.training.config import TrainConfig, preset


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that was begun with four robots."""
    folder = tmp_path / "run"
    record.write(replace(preset("go2"), run=folder, robots=4), steps=0)
    return folder


@pytest.mark.parametrize(
    "wrong",
    [
        ["--robot", "cat"],
        ["--steps", "0"],
        ["--workers", "9", "--robots", "8"],
        ["--workers", "0"],
        ["--ppo.minibatch", "1000"],
        ["--save-iterations", "0"],
        ["--resume"],
    ],
)
def test_wrong_arguments_are_one_line_and_change_nothing(
    wrong: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py", "--run", str(tmp_path / "run"), *wrong])
    assert cli.main() == 2
    errors = capsys.readouterr().err
    assert errors.startswith("train.py: ")
    assert errors.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("wrong", "remedy"), [([], "--resume"), (["--resume", "--robots", "8"], "--robots 4")]
)
def test_a_run_is_not_overwritten_by_another(
    run: Path,
    wrong: list[str],
    remedy: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = (run / "config.json").read_bytes()
    monkeypatch.setattr(sys, "argv", ["train.py", "--run", str(run), *wrong])
    assert cli.main() == 2
    assert remedy in capsys.readouterr().err
    assert (run / "config.json").read_bytes() == before


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.recursive(
            st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)
        ).map(_json),
    )
)
def test_no_content_of_the_saved_configuration_is_more_than_a_line(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "config.json").write_bytes(content)
    problem = cli.check(TrainConfig(run=tmp_path, resume=True))
    assert problem is None or problem.count("\n") == 0


def test_an_unknown_argument_ends_with_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py", "--run", str(tmp_path / "run"), "--stepz", "5"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2


def test_each_robot_has_settings_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[TrainConfig] = []

    def check(made: TrainConfig) -> str:
        seen.append(made)
        return "enough"

    monkeypatch.setattr(cli, "check", check)
    for robot in ("--robot=tracked", "--robot=go2"):
        monkeypatch.setattr(sys, "argv", ["train.py", robot, "--run", str(tmp_path), "--seed", "9"])
        assert cli.main() == 2
    tracked, legged = seen
    assert (tracked.robot, tracked.robots, tracked.ppo.minibatch, tracked.seed) == (
        "tracked",
        64,
        1024,
        9,
    )
    assert (legged.robot, legged.robots, legged.ppo.minibatch, legged.seed) == ("go2", 256, 4096, 9)
