"""Heights by arithmetic are the heights that Bullet has, and impossible staircases are refused."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.climb import ClimbBatch
from envs.physics.world import World
from envs.robots.go2 import GO2
from envs.task.staircase import (
    LANDING,
    MAX_STEPS,
    PLATE_THICKNESS,
    Staircase,
    Terrain,
    sample_irregularity,
)
from tests.support.facts import ray_height
from tests.support.helpers import idle, scenario, started

MARGIN = 1e-3
"""Points nearer to an edge [m] are left out: a ray meets a corner on either side."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World(GO2)
    made.reset((-30.0, 0.0, 0.5), (0, 0, 0, 1), GO2.stance)
    yield made
    made.close()


@st.composite
def staircases(draw: st.DrawFn) -> Staircase:
    steps = draw(st.integers(3, MAX_STEPS))
    riser = draw(st.floats(0.02, 0.45))
    riser_error = st.floats(-0.4 * riser, 0.4 * riser)
    return Staircase(
        riser=riser,
        tread=draw(st.floats(0.22, 0.40)),
        steps=steps,
        width=draw(st.floats(0.6, 6.0)),
        direction=draw(st.sampled_from(["up", "down"])),
        riser_error=tuple(draw(st.lists(riser_error, min_size=steps, max_size=steps))),
        tread_error=tuple(draw(st.lists(st.floats(-0.05, 0.05), min_size=steps, max_size=steps))),
        nosing=draw(st.sampled_from([0.0, 0.02, 0.05])),
        open_risers=draw(st.booleans()),
    )


def away_from_edges(stairs: Staircase, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    lines = np.append(stairs.edges, stairs.edges[-1] + LANDING)
    return (np.abs(x[:, None] - lines).min(1) > MARGIN) & (
        np.abs(np.abs(y) - 0.5 * stairs.width) > MARGIN
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(stairs=staircases(), seed=st.integers(0, 2**32 - 1))
def test_height_is_what_a_ray_meets(world: World, stairs: Staircase, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = (
        rng.uniform(-1.0, stairs.edges[-1] + LANDING + 1.0, 40),
        rng.uniform(-0.6, 0.6, 40) * stairs.width,
    )
    keep = away_from_edges(stairs, x, y)
    terrain = Terrain(1)
    terrain.place(0, stairs)
    world.place(stairs)
    expected = [ray_height(world, *point) for point in zip(x[keep], y[keep], strict=True)]
    assert terrain.height(x[None, keep], y[None, keep])[0] == pytest.approx(expected, abs=1e-6)


def test_a_lower_flight_leaves_nothing_of_a_higher_one(world: World) -> None:
    world.place(Staircase(riser=0.2, steps=16))
    world.place(Staircase(riser=0.05, steps=3))
    assert ray_height(world, 2.0, 0.0) == pytest.approx(0.15)
    assert ray_height(world, 7.0, 0.0) == pytest.approx(0.0)


def test_flat_ground_is_flat(world: World) -> None:
    stairs = Staircase(riser=0.0, riser_error=(0.01,) * 10)
    terrain = Terrain(1)
    terrain.place(0, stairs)
    world.place(stairs)
    x = np.linspace(-1.0, 7.0, 50)
    assert not terrain.height(x[None], np.zeros((1, 50))).any()
    assert [ray_height(world, point, 0.0) for point in x] == pytest.approx(np.zeros(50))


def test_far_out_the_ground_carries_as_it_does_here(world: World) -> None:
    world.place(Staircase(riser=0.0))
    heights = []
    for x in (0.0, 5000.0):
        world.reset((x, x / 2, GO2.stand_height), (0, 0, 0, 1), GO2.stance)
        for _ in range(200):
            state = np.array(world.joints())
            world.step(
                (GO2.kp * (np.array(GO2.stance) - state[:, 0]) - GO2.kd * state[:, 1]).tolist()
            )
        heights.append(world.base()[2])
    assert heights[1] == pytest.approx(heights[0], abs=1e-5)
    assert heights[0] > 0.5 * GO2.stand_height


def test_treads_overhang_by_the_nosing_and_open_risers_have_nothing_below() -> None:
    solid = Staircase()
    overhanging = Staircase(nosing=0.025)
    free = Staircase(nosing=0.025, open_risers=True)
    assert all(box.thickness > 2 * solid.riser for box in solid.boxes)
    assert {box.thickness for box in free.boxes} == {PLATE_THICKNESS}
    plates = overhanging.boxes[:10]
    slabs = overhanging.boxes[10:]
    assert [
        slab.start - plate.start for plate, slab in zip(plates, slabs, strict=True)
    ] == pytest.approx([0.025] * 10)
    # Plate over plate: the nosing of one tread is over the end of the one below.
    assert all(
        low.start + low.length == pytest.approx(high.start + 0.025)
        for low, high in pairwise(free.boxes)
    )


def test_an_episode_does_not_depend_on_the_flights_before_it() -> None:
    def walk(batch: ClimbBatch) -> np.ndarray:
        batch.reset({0: scenario(riser=0.08, steps=4)}, {0: np.random.default_rng(0)})
        return np.array([batch.step(idle(batch)).policy[0] for _ in range(100)])

    fresh = started(scenario(riser=0.05))
    used = started(scenario(riser=0.05, steps=10, nosing=0.02))
    for options in ({"open_risers": True}, {"width": 0.8}, {"riser": 0.2, "steps": 12}):
        used.reset({0: scenario(**options)}, {0: np.random.default_rng(1)})
        for _ in range(20):
            used.step(idle(used))
    assert np.array_equal(walk(fresh), walk(used))
    fresh.close()
    used.close()


def test_each_robot_has_its_own_staircase() -> None:
    terrain = Terrain(3)
    for row, riser in enumerate((0.05, 0.10, 0.15)):
        terrain.place(row, Staircase(riser=riser))
    one = np.full((2, 1), 0.1)
    zero = np.zeros((2, 1))
    assert terrain.height(one, zero, [2, 0])[:, 0].tolist() == pytest.approx([0.15, 0.05])
    assert terrain.height(np.full((3, 1), 0.1), np.zeros((3, 1)))[:, 0].tolist() == pytest.approx(
        [0.05, 0.10, 0.15]
    )


def test_a_robot_that_descends_meets_the_edges_in_reverse() -> None:
    up = Staircase(direction="up")
    down = Staircase(direction="down")
    assert (up.first_edge, up.last_edge) == (down.last_edge, down.first_edge)
    assert (up.heading, down.heading) == (1.0, -1.0)


@pytest.mark.parametrize(
    "figures",
    [
        {"riser": 0.01},
        {"riser": 0.50},
        {"riser": -0.1},
        {"riser": float("nan")},
        {"tread": 0.1},
        {"tread": 3.5},
        {"steps": 2},
        {"steps": MAX_STEPS + 1},
        {"width": 0.5},
        {"nosing": 0.06},
        {"width": 7.0},
        {"direction": "sideways"},
        {"riser_error": (0.01,)},
        {"tread_error": (0.01,) * 11},
        {"riser": 0.02, "riser_error": (-0.03,) * 10},
        {"tread_error": (-0.3,) * 10},
    ],
)
def test_impossible_staircases_are_refused(figures: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"use|needs"):
        Staircase(**figures)


def test_irregularity_stays_within_its_amount() -> None:
    errors = sample_irregularity(np.random.default_rng(0), 16, 0.01)
    assert len(errors) == 16
    assert 0.005 < max(map(abs, errors)) <= 0.01
