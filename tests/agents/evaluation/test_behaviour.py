"""The rows of behaviour tell a robot that does as told from one that does not."""

import json
from pathlib import Path

import numpy as np
import pytest

from agents.evaluation import cli
from agents.evaluation.episodes.config import EvaluateConfig
from agents.evaluation.suites import behaviour, odd
from agents.evaluation.suites.behaviour_rows import TABLE, Trace
from envs.robots.go2 import GO2
from tests.support.helpers import idle, scenario, started

PERIOD = 0.02
"""[s]."""
ROWS = {row.name: row for row in TABLE}


def trace(
    end: str = "timeout",
    seconds: float = 9.0,
    speed: float = 0.5,
    turning: float = 0.0,
    lateral_offset: float = 0.0,
    overspeed: float = 0.0,
) -> Trace:
    """A robot that goes on evenly."""
    steps = round(seconds / PERIOD)
    place = np.outer(np.arange(steps) * PERIOD * speed, (1.0, 0.0))
    return Trace(
        end=end,
        period=PERIOD,
        lateral_offset=np.full(steps, lateral_offset),
        place=place,
        speed=np.full(steps, speed),
        turning=np.full(steps, turning),
        overspeed=np.full((steps, 12), overspeed),
    )


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("stands still on flat ground", trace(speed=0.0), trace(speed=0.02)),
        ("stands still on flat ground", trace(speed=0.0), trace("fall", speed=0.0)),
        ("walks on flat ground", trace(speed=0.45), trace(speed=0.3)),
        ("walks on flat ground", trace(speed=0.55), trace("fall")),
        ("turns", trace(turning=0.5), trace(turning=0.2)),
        ("turns", trace(turning=-0.45), trace(turning=0.7)),
        (
            "climbs straight",
            trace("arrived", lateral_offset=0.1),
            trace("arrived", lateral_offset=-0.4),
        ),
        ("climbs straight", trace("arrived"), trace("off_side")),
        ("goes down without racing", trace("arrived", speed=0.55), trace("arrived", speed=0.8)),
        ("recovers from a push of 0.5 m/s, going up", trace("arrived"), trace("fall")),
        ("stays inside its motors' torque-speed line", trace(overspeed=0.03), trace(overspeed=0.1)),
    ],
)
def test_a_row_tells_good_from_bad(name: str, good: Trace, bad: Trace) -> None:
    assert ROWS[name].holds(good)
    assert not ROWS[name].holds(bad)


def test_stopping_and_starting_needs_both() -> None:
    row = ROWS["stops and starts on command"]
    walking = trace()
    standing = trace(speed=0.0)
    obedient = np.where((np.arange(450) >= 150) & (np.arange(450) < 300), 0.0, 0.5)
    assert row.holds(walking._replace(speed=obedient))
    assert not row.holds(walking)
    assert not row.holds(standing)


def test_the_bare_trot_stops_and_starts_but_does_not_climb() -> None:
    rows = [list(ROWS).index(name) for name in ("stops and starts on command", "climbs straight")]
    played = dict(
        behaviour._play_share(("zero", "go2", 3, "nominal", [(row, range(2)) for row in rows]))
    )
    assert played == {rows[0]: 2, rows[1]: 0}


def test_a_robot_in_the_middle_of_the_flight_is_pushed_once() -> None:
    speeds = []
    for push in (False, True):
        batch = started(scenario(riser=0.04, steps=4))
        traces = behaviour._play(
            batch=batch,
            policy=Idle(),  # type: ignore[arg-type]
            generators=[np.random.default_rng(1)],
            observations=batch.step(idle(batch)).policy,
            push=push,
        )
        speeds.append(np.linalg.norm(np.diff(traces[0].place, axis=0), axis=1) / PERIOD)
        batch.close()
    first = int(np.flatnonzero(speeds[0][: len(speeds[1])] != speeds[1][: len(speeds[0])])[0])
    assert 50 < first < len(speeds[0]) - 50
    assert abs(speeds[1][first] - speeds[0][first]) > 0.05


class Idle:
    def act(self, observations: np.ndarray, _: object) -> np.ndarray:
        return np.zeros((len(observations), 13), np.float32)


@pytest.mark.long
def test_the_command_line_prints_and_writes_the_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "behaviour.json"
    monkeypatch.setattr(
        "sys.argv",
        [
            "evaluate.py",
            "--policy",
            "zero",
            "--suite",
            "behaviour",
            "--episodes",
            "1",
            "--json",
            str(out),
        ],
    )
    assert cli.main() == 0
    assert "stops and starts on command" in capsys.readouterr().out
    assert [row["name"] for row in json.loads(out.read_text())["behaviours"]] == list(ROWS)


def test_odd_stairs_are_what_their_names_say() -> None:
    plans = dict(
        odd.plans(EvaluateConfig("zero", risers="0.15", treads="0.28", directions="up", episodes=1))
    )
    assert len(plans) == 8
    flights = {name: trials.flights[0] for name, trials in plans.items()}
    assert flights["open risers"].open_risers
    assert flights["nosing of 2.5 cm"].nosing == 0.025
    assert flights["0.8 m wide"].width == 0.8
    assert max(np.diff(flights["landing in the middle"].edges)) == pytest.approx(1.2)
    assert plans["started 20 degrees off axis"].start_angle == pytest.approx(0.349, abs=1e-3)
    made = plans["wet: friction 0.3"]
    assert made.scenario(np.random.default_rng(0), GO2, made.each[0]).values["friction"] == 0.3


@pytest.mark.long
def test_odd_stairs_are_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "evaluate.py",
        "--policy",
        "zero",
        "--suite",
        "odd",
        "--episodes",
        "1",
        "--risers",
        "0.1",
        "--directions",
        "up",
        "--seconds",
        "1",
    ]
    monkeypatch.setattr("sys.argv", command)
    assert cli.main() == 0
    assert len(capsys.readouterr().out.splitlines()) == 2 + 8


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--landing-after", "10"], "landing_after"),
        (["--landing-after", "5", "--irregularity", "0.01"], "regular steps"),
        (["--friction", "9"], "friction"),
        (["--start-angle", "90"], "start_angle"),
        (["--suite", "odd", "--plot", "x.png"], "no plot"),
    ],
)
def test_what_cannot_be_is_refused(
    options: list[str],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["evaluate.py", "--policy", "zero", *options])
    assert cli.main() == 2
    assert says in capsys.readouterr().err
