"""Every row of the randomisation table is drawn inside its range and reaches the simulation."""

import re

import numpy as np
import pytest

from envs.robots.ranges import Randomization, Range, Row, problem, rows
from envs.task.randomization import describe, draw
from tests.support.helpers import idle, scenario, started

TABLE = rows(Randomization())


def size(row: Row) -> int:
    return 12 if row.size == "joints" else row.size


def test_full_draws_fill_their_ranges_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    draws = [draw(rng, 12, "full", TABLE) for _ in range(400)]
    for row in TABLE:
        values = np.array([drawn[row.name] for drawn in draws])
        assert values.shape == (400, size(row))
        span = row.high - row.low
        assert row.low <= values.min() < row.low + 0.05 * span, row.name
        assert row.high - 0.05 * span < values.max() <= row.high, row.name


def test_nominal_draws_are_the_nominal_values() -> None:
    values = draw(np.random.default_rng(0), 12, "nominal", TABLE)
    assert {name: value.tolist() for name, value in values.items()} == {
        row.name: [row.nominal] * size(row) for row in TABLE
    }


def test_joints_are_drawn_one_by_one() -> None:
    assert len(set(draw(np.random.default_rng(0), 12, "full", TABLE)["kp"])) == 12


def test_names_are_unique_and_nominal_values_in_range() -> None:
    assert len({row.name for row in TABLE}) == len(TABLE)
    assert all(row.low <= row.nominal <= row.high for row in TABLE)


def test_the_table_is_described_row_by_row() -> None:
    lines = describe(TABLE).splitlines()
    assert [line.split()[0] for line in lines] == [row.name for row in TABLE]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_each_row_changes_what_the_robot_does_or_sees(row: Row) -> None:
    # Where a payload sits matters only if there is one; pushes come after three seconds at the
    # earliest.
    other = {"payload": np.array([3.0])} if row.name in ("payload_x", "payload_y") else {}
    ends = [
        scenario(values=other | {row.name: np.full(size(row), value)}, riser=0.1)
        for value in (row.low, row.high)
    ]
    batch = started(*ends)
    for _ in range(310):
        seen = batch.step(idle(batch)).policy
        if not np.array_equal(*seen):
            break
    assert not np.array_equal(*seen)
    batch.close()


def test_equal_rows_give_equal_robots() -> None:
    batch = started(scenario(riser=0.1), scenario(riser=0.1))
    for _ in range(100):
        seen = batch.step(idle(batch)).policy
    assert np.array_equal(*seen)
    batch.close()


@pytest.mark.parametrize("row", [row for row in TABLE if row.size == 1], ids=lambda row: row.name)
def test_a_fixed_value_outside_its_range_is_refused(row: Row) -> None:
    assert row.fixed(row.low) == [row.low]
    for value in (row.low - 0.1, row.high + 0.1, float("nan")):
        with pytest.raises(ValueError, match=row.name):
            row.fixed(value)


@pytest.mark.parametrize(
    ("ranges", "says"),
    [
        ({"friction": Range(1.0, 0.5, 0.8)}, "friction is 1 to 0.5.*use low <= nominal <= high"),
        ({"kp": Range(0.9, 1.1, 2.0)}, "kp is 0.9 to 1.1, nominally 2"),
        ({"map_noise": Range(-0.1, 0.1, 0.0)}, "map_noise.low is -0.1; use 0 to 0.5 m"),
        ({"strength": Range(0.0, 1.0, 1.0)}, "strength.low is 0; use 0.05 to 3 x"),
        ({"friction": Range(0.2, float("inf"), 0.8)}, "friction.high is inf; use 0 to 4 -"),
        ({"map_missing": Range(0.0, 1.5, 0.0)}, "map_missing.high is 1.5; use 0 to 1 -"),
    ],
)
def test_a_range_that_cannot_be_is_named(ranges: dict[str, Range], says: str) -> None:
    found = problem(Randomization(**ranges))
    assert found is not None
    assert re.search(says, found)
    assert problem(Randomization()) is None
