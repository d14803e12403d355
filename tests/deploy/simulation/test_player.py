"""A process that plays the robot: real time, over the local link."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from deploy.runtime.link import Link, MotorCommand
from deploy.runtime.links import open_link, open_writer
from deploy.simulation import __main__
from envs.robots.go2 import GO2
from tests import ROOT
from tests.support.bundles import about

ZERO = np.zeros(12, np.float32)
STAND = MotorCommand(
    position=np.array(GO2.stance, np.float32),
    velocity=ZERO,
    torque=ZERO,
    kp=ZERO + GO2.kp,
    kd=ZERO + 2.0,
)


def begin(path: Path, *words: str) -> "subprocess.Popen[str]":
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "deploy.simulation",
        "--socket",
        str(path),
        *words,
    ]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


@pytest.fixture(scope="module", params=["pybullet", "mujoco"])
def robot(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[tuple[subprocess.Popen[str], Link, Path]]":
    path = tmp_path_factory.mktemp("robot") / "socket"
    process = begin(path, "--engine", request.param)
    assert process.stdout is not None
    assert "listens" in process.stdout.readline()
    link = open_link("sim", about(), {"socket": str(path)})
    link.start()
    yield process, link, path
    link.close()
    process.kill()
    process.communicate()


def until(
    link: Link, true: Callable[[], bool], command: MotorCommand | None = None, seconds: float = 10.0
) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        if command:
            link.send(command)
        time.sleep(0.02)
    return true()


def order(process: "subprocess.Popen[str]", **what: object) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(what) + "\n")
    process.stdin.flush()


def clearance(link: Link) -> float:
    ground = link.height_map()
    return -float(ground.heights[10, 3]) if ground else np.nan


def test_it_lies_until_it_is_told_to_stand_and_follows_the_last_command(
    robot: "tuple[subprocess.Popen[str], Link, Path]",
) -> None:
    _, link, path = robot
    assert until(link, lambda: clearance(link) < 0.13)
    before = link.state()
    assert before is not None
    writer = open_writer("sim", about(), {"socket": str(path)})
    writer.send(STAND)
    writer.close()
    assert until(link, lambda: clearance(link) > 0.21), clearance(link)
    after = link.state()
    assert after is not None
    assert after.tick > before.tick
    assert time.monotonic() - after.received < 0.5
    assert after.joint_position == pytest.approx(np.array(GO2.stance), abs=0.3)


def test_its_clock_is_the_worlds(robot: "tuple[subprocess.Popen[str], Link, Path]") -> None:
    _, link, _ = robot
    start = link.state()
    time.sleep(0.5)
    end = link.state()
    assert start is not None
    assert end is not None
    assert 1e-3 * (end.tick - start.tick) == pytest.approx(end.received - start.received, abs=2e-3)


def test_its_remote_control_is_held_until_the_next_order(
    robot: "tuple[subprocess.Popen[str], Link, Path]",
) -> None:
    process, link, _ = robot

    def remote() -> tuple[frozenset[str], float, float]:
        state = link.state()
        assert state is not None
        return state.remote[:3]

    order(process, buttons=["L2", "B"], forward=0.5)
    assert until(link, lambda: remote() == (frozenset({"L2", "B"}), 0.5, 0.0))
    order(process, turn=-0.25)
    assert until(link, lambda: remote() == (frozenset(), 0.0, -0.25))
    order(process, freeze=True)
    order(process, buttons=["start"])
    assert until(link, lambda: remote()[0] == {"start"})


def test_told_to_quit_it_leaves_no_socket_behind(
    robot: "tuple[subprocess.Popen[str], Link, Path]",
) -> None:
    process, _, path = robot
    order(process, quit=True)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "there is no order 'freeze'; use buttons, forward" in errors
    assert not path.exists()


def alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["simulation", *words])
    return __main__.main(), capsys.readouterr().err


def test_a_place_that_is_taken_is_refused_and_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "socket").write_text("mine")
    status, errors = alone(monkeypatch, capsys, "--socket", str(tmp_path / "socket"))
    assert status == 1
    assert "cannot listen" in errors
    assert len(errors.splitlines()) == 1
    assert (tmp_path / "socket").read_text() == "mine"


@pytest.mark.parametrize("words", [("--riser", "0.9"), ("--robot", "spot")])
def test_wrong_arguments(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: tuple[str, ...],
) -> None:
    status, errors = alone(monkeypatch, capsys, "--socket", str(tmp_path / "socket"), *words)
    assert status == 2
    assert errors.startswith("simulation: ")
    assert len(errors.splitlines()) == 1
