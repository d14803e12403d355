"""Levels move with what a robot managed, each direction for itself."""

import numpy as np
import pytest

from envs.robots.go2 import GO2
from envs.robots.tracked import TRACKED
from envs.task.curriculum import Curriculum, CurriculumConfig
from envs.task.scenario import practice

UP = False
DOWN = True


@pytest.fixture
def curriculum() -> Curriculum:
    return Curriculum(CurriculumConfig(promote=0.65, demote=0.30), 2)


def test_levels_run_from_the_lowest_to_the_highest_riser() -> None:
    config = CurriculumConfig(lowest=0.02, highest=0.20, step=0.01)
    assert config.levels == 19
    assert (config.riser(0), config.riser(18)) == pytest.approx((0.02, 0.20))


@pytest.mark.parametrize(
    ("share", "change"), [(1.0, 1), (0.65, 1), (0.64, 0), (0.30, 0), (0.29, -1), (0.0, -1)]
)
def test_a_robot_moves_by_its_share_of_the_way(
    curriculum: Curriculum, share: float, change: int
) -> None:
    curriculum.level[:] = 5
    curriculum.report(1, DOWN, share)
    assert curriculum.level.tolist() == [[5, 5], [5, 5 + change]]


def test_terraces_have_few_long_treads() -> None:
    homes, terraces = (
        Curriculum(CurriculumConfig(lowest=0.2, terraces=share), 1) for share in (0.0, 1.0)
    )
    flights = [
        practice(
            rng=np.random.default_rng(seed),
            spec=TRACKED,
            curriculum=curriculum,
            row=0,
            randomize="full",
        ).stairs
        for curriculum in (homes, terraces)
        for seed in range(40)
    ]
    house, terrace = (
        [stairs for stairs in part if stairs.riser] for part in (flights[:40], flights[40:])
    )
    assert max(stairs.tread for stairs in house) <= 0.34
    assert max(stairs.tread for stairs in terrace) > 0.8
    assert {stairs.steps for stairs in terrace} == {3}


def test_levels_stop_at_both_ends(curriculum: Curriculum) -> None:
    curriculum.report(0, UP, 0.0)
    assert curriculum.level[0, 0] == 0
    for _ in range(40):
        curriculum.report(0, UP, 1.0)
    assert curriculum.level[0].tolist() == [curriculum.config.levels - 1, 0]


def test_some_episodes_review_a_lower_level_and_do_not_count(curriculum: Curriculum) -> None:
    curriculum.level[0, 0] = 9
    rng = np.random.default_rng(0)
    chosen = [curriculum.choose(0, UP, rng) for _ in range(2000)]
    assert all(level == 9 for level, counts in chosen if counts)
    reviews = [level for level, counts in chosen if not counts]
    assert len(reviews) / 2000 == pytest.approx(curriculum.config.review, abs=0.03)
    assert set(reviews) == set(range(10))


def test_practice_gives_flights_of_the_robots_level_in_both_directions(
    curriculum: Curriculum,
) -> None:
    curriculum.level[0] = (4, 8)
    rng = np.random.default_rng(0)
    scenarios = [
        practice(rng=rng, spec=GO2, curriculum=curriculum, row=0, randomize="full")
        for _ in range(500)
    ]
    counted = [made for made in scenarios if made.counts]
    for direction, level in (("up", 4), ("down", 8)):
        risers = [made.stairs.riser for made in counted if made.stairs.direction == direction]
        assert len(risers) > 50
        assert risers == pytest.approx([curriculum.config.riser(level)] * len(risers), abs=0.0051)
    assert any(made.speed == 0.0 for made in scenarios)
    assert not any(made.speed == 0.0 for made in counted)


def test_practice_can_be_built_at_every_level(curriculum: Curriculum) -> None:
    rng = np.random.default_rng(1)
    for level in range(curriculum.config.levels):
        curriculum.level[:] = level
        assert all(
            practice(rng=rng, spec=GO2, curriculum=curriculum, row=0, randomize="full").goal_x(
                GO2.body_length
            )
            for _ in range(20)
        )


@pytest.mark.parametrize(
    ("levels", "share"), [((9, 9), 0.4), ((9, 11), 0.4), ((4, 9), 0.2), ((9, 4), 0.6)]
)
def test_the_direction_that_lags_gets_more_episodes(
    curriculum: Curriculum, levels: tuple[int, int], share: float
) -> None:
    curriculum.level[0] = levels
    rng = np.random.default_rng(0)
    assert np.mean([curriculum.goes_down(0, rng) for _ in range(4000)]) == pytest.approx(
        share, abs=0.03
    )
