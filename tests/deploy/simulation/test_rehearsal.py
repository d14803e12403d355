"""Rehearsals: a simulated robot's clock, the episode through the runtime, and the verdict."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents import policies
from agents.evaluation.episodes.results import summarise
from agents.evaluation.episodes.trials import Trial, TrialOutcome, Trials
from deploy.bundle import golden, signing
from deploy.bundle.artefacts import program_bytes
from deploy.bundle.assemble import sealed
from deploy.runtime.bundle import archive, trace
from deploy.runtime.errors import DeployError, MissingExtraError, VerificationError
from deploy.runtime.link import Remote
from deploy.runtime.safety import pilot
from deploy.simulation import rehearse as command
from deploy.simulation.engines import open_body
from deploy.simulation.lockstep import Lockstep
from deploy.simulation.rehearsal import GO, EngineTrial, Episode
from deploy.simulation.rehearse import Comparison, RehearseConfig, rehearse
from deploy.simulation.senses import Senses
from envs.robots.go2 import GO2
from envs.task.staircase import Staircase
from tests.support.bundles import about, key_pair
from tests.support.helpers import scenario

ZERO = np.zeros(12, np.float32)


def test_physics_goes_on_while_the_loop_sleeps_and_not_otherwise() -> None:
    drawn = scenario(riser=0.0)
    seen = []
    body = open_body("mujoco", GO2, drawn)
    link = Lockstep(
        body=body,
        senses=Senses(spec=GO2, scenario=drawn, rng=np.random.default_rng(0), truth=body.truth()),
        pilot=lambda now, _: Remote(turn=now),
        watch=lambda now, _: seen.append(now),
    )
    first = link.state()
    assert link.now() == 0.0
    link.sleep_until(0.0)
    assert link.state() is first
    for deadline in (0.02, 0.04):
        link.sleep_until(deadline)
    assert link.now() == pytest.approx(0.04)
    assert seen == pytest.approx([0.02, 0.04])
    state = link.state()
    ground = link.height_map()
    assert (state.received, ground.received, state.remote.turn) == pytest.approx((0.04, 0.04, 0.04))
    # Nothing has been sent yet: limp, it falls.
    assert body.truth().velocity[2] < -0.05


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    actor = policies.load("go2").actor
    assert actor is not None
    return {
        archive.PROGRAM: program_bytes(GO2, actor),
        archive.GOLDEN: trace.to_bytes(golden.record(GO2, actor, 30)),
    }


@pytest.fixture(scope="module")
def signed(
    files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., RehearseConfig]:
    folder = tmp_path_factory.mktemp("rehearse")
    key = key_pair(folder)
    (folder / "go2.bundle").write_bytes(sealed(about(), files, signing.load_private(key)))
    return lambda **options: RehearseConfig(folder / "go2.bundle", folder / "key.pub", **options)


def trials(stairs: Staircase, **changes: object) -> Trials:
    made = Trials(policy="go2", robot="go2", flights=(stairs,), episodes=1, seed=7)
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["pybullet", "mujoco"])
def test_armed_by_a_person_it_stands_up_climbs_and_arrives(
    files: dict[str, bytes], engine: str
) -> None:
    stairs = Staircase(steps=3)
    programs = pilot.load(about(), files)
    once, again = (
        Episode(
            about=about(),
            programs=programs,
            trials=trials(stairs),
            play=EngineTrial(engine, Trial(stairs, 0)),  # type: ignore[arg-type]
        ).run()
        for _ in range(2)
    )
    assert once.outcome.end == "arrived"
    assert once.trip == ""
    assert 3.0 < once.outcome.seconds < 10.0
    assert once == again


def test_a_guard_that_trips_is_reported(files: dict[str, bytes]) -> None:
    stairs = Staircase(riser=0.0)
    episode = Episode(
        about=about(max_tilt=0.001),
        programs=pilot.load(about(), files),
        trials=trials(stairs, seconds=1.0),
        play=EngineTrial("mujoco", Trial(stairs, 0)),
    )
    played = episode.run()
    assert played.outcome.end == "timeout"
    assert played.trip.startswith("tilt:")
    assert played.outcome.seconds == pytest.approx(1.0)


def test_before_a_person_says_go_it_stays_where_it_is(files: dict[str, bytes]) -> None:
    stairs = Staircase(riser=0.0)
    episode = Episode(
        about=about(),
        programs=pilot.load(about(), files),
        trials=trials(stairs),
        play=EngineTrial("mujoco", Trial(stairs, 0)),
    )
    link = episode._link
    start = episode._body.truth().position
    while link.now() < GO:
        link.sleep_until(link.now() + 0.02)
    assert np.abs(episode._body.truth().position - start).max() < 0.05


def row(there: int, here: int) -> Comparison:
    stairs = Staircase()
    played = [{Trial(stairs, k): outcome(k < good) for k in range(10)} for good in (there, here)]
    return Comparison(*(summarise(trials(stairs, episodes=10), outcomes)[0] for outcomes in played))


def outcome(arrived: bool) -> TrialOutcome:
    return TrialOutcome(
        end="arrived" if arrived else "fall", seconds=5.0, speed=0.5, cost_of_transport=1.0
    )


def test_the_verdict_is_a_ratio() -> None:
    assert row(9, 10).ratio == pytest.approx(0.9)
    assert row(4, 8).ratio == pytest.approx(0.5)
    assert row(5, 0).ratio == 0.0


def test_rehearse_reports_both_engines_and_fails_below_the_mark(
    signed: Callable[..., RehearseConfig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.json"
    config = signed(
        risers="0.10", directions="down", episodes=1, workers=1, randomize="nominal", json=out
    )
    # The episodes are played here instead of in processes of their own.
    monkeypatch.setattr(
        command, "gather", lambda work, shares: (item for share in shares for item in work(share))
    )
    report = rehearse(config)
    assert "10.0 cm  down  1/1 (21-100%)" in report
    assert "1.00  ok" in report
    said = json.loads(out.read_text())
    (flight,) = said["flights"]
    assert (
        flight["mujoco"]["successes"],
        flight["pybullet"]["successes"],
        flight["ratio"],
        flight["passed"],
    ) == (1, 1, 1.0, True)
    monkeypatch.setattr(command, "ENOUGH", 1.1)
    with pytest.raises(
        VerificationError, match=r"1.00 of PyBullet's success in mujoco at 10 cm down"
    ) as error:
        rehearse(replace(config, json=None))
    assert error.value.status == 4
    assert "FAIL" in error.value.report


@pytest.mark.parametrize(
    "options", [{"risers": "0.9"}, {"risers": "high"}, {"directions": "sideways"}, {"episodes": 0}]
)
def test_wrong_arguments_are_refused_before_anything_runs(
    signed: Callable[..., RehearseConfig], options: dict[str, object]
) -> None:
    with pytest.raises(DeployError):
        rehearse(signed(**options))


def test_without_the_engine_the_message_names_its_package(
    signed: Callable[..., RehearseConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(MissingExtraError, match="pip install mujoco"):
        rehearse(signed())
