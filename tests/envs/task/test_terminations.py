"""When an episode is over, and what the end is called."""

from typing import Any

import numpy as np
import pytest

from envs.task.terminations import End, ending, failed

STANDING: dict[str, Any] = {
    "upright": 1.0,
    "beyond": -1.0,
    "lateral_offset": 0.0,
    "half_width": 0.8,
    "over_ground": 0.3,
    "arrived_height": 0.15,
    "time_is_up": False,
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, End.RUNNING),
        ({"beyond": 0.0}, End.ARRIVED),
        ({"beyond": 0.0, "over_ground": 0.1}, End.RUNNING),
        ({"beyond": 0.0, "upright": 0.8}, End.RUNNING),
        ({"upright": 0.4}, End.FALL),
        ({"lateral_offset": -0.9}, End.OFF_SIDE),
        ({"time_is_up": True}, End.TIMEOUT),
    ],
)
def test_an_episode_ends(changed: dict[str, Any], expected: End) -> None:
    assert End(int(ending(**STANDING | changed))) is expected


def test_a_fall_counts_before_all_else_and_an_arrival_before_time() -> None:
    late = STANDING | {"beyond": 0.0, "time_is_up": True}
    assert ending(**late) == End.ARRIVED
    assert ending(**late | {"lateral_offset": 0.9}) == End.OFF_SIDE
    assert ending(**late | {"lateral_offset": 0.9, "upright": 0.0}) == End.FALL


def test_failures_are_falls_and_sides() -> None:
    assert failed(np.array(list(End))).tolist() == [False, False, True, True, False]


def test_ends_are_named_as_logs_and_results_have_them() -> None:
    assert [end.label for end in End] == ["", "arrived", "fall", "off_side", "timeout"]
