"""What operators say to a batch."""

from dataclasses import replace

import numpy as np
import pytest

from envs.task.operator import MAX_YAW_RATE, Operator, yaw_rate
from envs.task.scenario import Order
from tests.support.helpers import scenario

NOWHERE = np.zeros(2)


def started(*orders: Order, speed: float = 0.5) -> Operator:
    """Only the first robot has `orders`."""
    made = Operator(2)
    made.begin(0, replace(scenario(speed=speed), orders=orders))
    made.begin(1, scenario(speed=speed))
    return made


def test_the_newest_order_that_is_due_is_given() -> None:
    operator = started(Order(1.0, 0.0), Order(1.5, 0.2), Order(3.0, 0.4))
    said = [operator.steer(np.full(2, now), NOWHERE, NOWHERE)[0, 0] for now in (0.9, 2.0, 3.0)]
    assert said == [0.5, 0.2, 0.4]
    assert operator.command[1, 0] == 0.5


def test_a_robot_is_kept_on_the_middle_line_unless_it_is_told_how_to_turn() -> None:
    operator = started(Order(0.0, 0.5, -0.3))
    lateral_offset = np.full(2, 0.2)
    said = operator.steer(np.zeros(2), lateral_offset, NOWHERE)
    assert operator.steers.tolist() == [False, True]
    assert said[0, 1] == -0.3
    assert said[1, 1] == pytest.approx(yaw_rate(0.2, 0.0))


def test_a_robot_that_stands_is_not_turned() -> None:
    assert started(speed=0.0).steer(np.zeros(2), np.full(2, 0.5), NOWHERE)[:, 1].tolist() == [0, 0]


def test_the_operator_turns_back_to_the_line_and_no_faster_than_he_may() -> None:
    assert yaw_rate(0.1, 0.0) < 0.0 < yaw_rate(-0.1, 0.0)
    assert yaw_rate([9.0, -9.0], 0.0).tolist() == [-MAX_YAW_RATE, MAX_YAW_RATE]
    assert yaw_rate(0.0, 0.1) == pytest.approx(-0.15)
