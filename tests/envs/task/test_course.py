"""Where robots are on their flights."""

from dataclasses import replace

import numpy as np
import pytest

from envs.robots.go2 import GO2
from envs.task.course import Course
from tests.support.helpers import scenario

UP = scenario(riser=0.1, direction="up")
DOWN = scenario(riser=0.1, direction="down")


@pytest.fixture
def course() -> Course:
    """One robot goes up, one goes down, one roams."""
    made = Course(3)
    for row, drawn in enumerate((UP, DOWN, replace(UP, roams=True))):
        made.place(row, drawn, GO2.body_length)
    return made


def test_left_is_left_of_the_way(course: Course) -> None:
    position = np.tile([0.0, 0.2, 0.0], (3, 1))
    assert course.lateral_offset(position) == pytest.approx([0.2, -0.2, 0.2])


def test_the_goal_is_a_body_length_past_the_last_edge(course: Course) -> None:
    goals = [UP.goal_x(GO2.body_length), DOWN.goal_x(GO2.body_length), 0.0]
    position = np.column_stack([goals, np.zeros((3, 2))])
    assert course.to_goal(position) == pytest.approx([0.0, 0.0, np.inf])
    position[:, 0] += [-1.0, 1.0, 0.0]
    assert course.to_goal(position)[:2] == pytest.approx([1.0, 1.0])


def test_heading_and_speed_are_those_of_the_flight(course: Course) -> None:
    assert course.heading_error(np.array([0.1, np.pi + 0.1, -0.1])) == pytest.approx(
        [0.1, 0.1, -0.1]
    )
    assert course.along(np.tile([0.5, 0.0, 0.0], (3, 1))) == pytest.approx([0.5, -0.5, 0.5])


def test_who_roams_has_no_sides(course: Course) -> None:
    assert course.half_width.tolist() == [0.8, 0.8, np.inf]


def test_height_is_over_the_step_below(course: Course) -> None:
    position = np.tile([0.1, 0.0, 0.4], (3, 1))
    assert course.height_over(position) == pytest.approx([0.3, 0.3, 0.3])
