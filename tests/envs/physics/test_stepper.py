"""The robots stepped by C: bit for bit what the loop in Python does, and how it is built."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from envs.climb import ClimbBatch, Result
from envs.physics import stepper
from envs.robots.go2 import GO2
from envs.robots.tracked import TRACKED
from envs.task.curriculum import Curriculum, CurriculumConfig
from envs.task.scenario import practice

ROBOTS = 5
STEPS = 80
WITH = "stepper.c"
WITHOUT = "Python"


def batch(way: str, monkeypatch: pytest.MonkeyPatch, seed: int) -> ClimbBatch:
    """Robots on drawn flights of a high level, everything random."""
    with monkeypatch.context() as patch:
        if way == WITHOUT:
            patch.setattr(stepper, "library", lambda: None)
        made = ClimbBatch(GO2, ROBOTS)
    assert (made.physics.stepper is None) == (way == WITHOUT)
    start(made, seed)
    return made


def start(made: ClimbBatch, seed: int) -> None:
    curriculum = Curriculum(CurriculumConfig(), ROBOTS)
    curriculum.level[:] = 10
    generators = {row: np.random.default_rng([seed, row]) for row in range(ROBOTS)}
    made.reset(
        {
            row: practice(rng=rng, spec=GO2, curriculum=curriculum, row=row, randomize="full")
            for row, rng in generators.items()
        },
        generators,
    )


def run(made: ClimbBatch, noise: float) -> list[Result]:
    rng = np.random.default_rng(4)
    return [
        made.step(
            np.clip(noise * rng.standard_normal((ROBOTS, made.actions)), -1, 1).astype(np.float32)
        )
        for _ in range(STEPS)
    ]


needs_build = pytest.mark.skipif(
    stepper.library() is None,
    reason="the stepper is not built: python -m envs.physics.stepper says why",
)


# With the large noise robots fall, and joints are driven past their motors' no-load speed.
@needs_build
@pytest.mark.parametrize(("seed", "noise"), [(1, 0.15), (2, 1.0)])
def test_c_does_what_python_does_bit_for_bit(
    seed: int, noise: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, slow = (batch(way, monkeypatch, seed) for way in (WITH, WITHOUT))
    for one, other in zip(run(fast, noise), run(slow, noise), strict=True):
        assert [
            name
            for name in one._fields
            if not np.array_equal(getattr(one, name), getattr(other, name))
        ] == []
    assert np.array_equal(fast.physics.raw_state(), slow.physics.raw_state())
    assert np.array_equal(fast.episodes.tally.energy, slow.episodes.tally.energy)
    assert np.array_equal(fast.physics.overspeed(), slow.physics.overspeed())
    assert (
        noise < 1.0 or fast.physics.overspeed().any() or (fast.episodes.tally.pitch_rate > 5).any()
    )
    for made in (fast, slow):
        made.close()


@needs_build
def test_a_robot_with_a_new_client_is_stepped_like_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = []
    for way in (WITH, WITHOUT):
        made = batch(way, monkeypatch, seed=1)
        run(made, 0.15)
        made.physics.replace(2)
        start(made, seed=3)
        run(made, 0.15)
        ends.append(made.physics.raw_state())
        made.close()
    assert np.array_equal(ends[0], ends[1])


@needs_build
def test_what_is_not_a_number_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for way in (WITH, WITHOUT):
        made = batch(way, monkeypatch, seed=1)
        made.physics.actuators.kp[1] = np.nan
        run(made, 0.15)
        assert [bool(np.isfinite(row).all()) for row in made.physics.raw_state()] == [
            True,
            False,
            True,
            True,
            True,
        ]
        made.close()


def test_tracks_are_stepped_in_python() -> None:
    made = ClimbBatch(TRACKED, 1)
    assert made.physics.stepper is None
    made.close()


def test_without_a_compiler_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    said = stepper.build()
    assert "no C compiler" in said
    assert "python -m envs.physics.stepper" in said
    assert len(said.splitlines()) == 1


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_what_cannot_be_compiled_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "stepper.c"
    broken.write_text("int advance(")
    monkeypatch.setattr(stepper, "SOURCES", (broken,))
    monkeypatch.setattr(stepper, "folders", lambda: [tmp_path / "lib"])
    said = stepper.build()
    assert "cannot compile treadwell-stepper-" in said
    assert "error" in said
    assert list((tmp_path / "lib").iterdir()) == []


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_where_the_environment_cannot_be_written_to_it_goes_to_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prefix").write_text("no folder, and so nothing can be written into it")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert stepper.build() == f"built {tmp_path / 'cache' / 'treadwell' / stepper.NAME}"
    assert stepper.library.__wrapped__() is not None


def test_where_nothing_can_be_written_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(stepper, "folders", lambda: [tmp_path / "file" / "lib"])
    said = stepper.build()
    assert "no folder can be written to" in said
    assert "python -m envs.physics.stepper" in said


def test_where_it_is_not_built_a_warning_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepper, "folders", lambda: [tmp_path])
    with pytest.warns(UserWarning, match=r"build what steps them in C: python -m envs\.physics"):
        assert stepper.library.__wrapped__() is None


@needs_build
def test_one_that_does_not_fit_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / stepper.NAME).write_bytes(b"of another machine")
    built = stepper.folders()
    monkeypatch.setattr(stepper, "folders", lambda: [tmp_path, *built])
    assert stepper.library.__wrapped__() is not None
