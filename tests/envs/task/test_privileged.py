"""What only a critic sees."""

import numpy as np
import pytest

from envs.task import privileged
from tests.support.helpers import scenario

FIXED = (0.6, 1.0, 0.5, 0.75, 0.9, -1.0)


def figures(mirrored: bool, to_goal: float = 1.5) -> np.ndarray:
    return privileged.figures(
        velocity_in_base=np.array([[0.4, 0.1, -0.2]]),
        to_goal=np.array([to_goal]),
        lateral_offset=np.array([0.3]),
        heading_error=np.array([-0.2]),
        fixed=np.array([FIXED]),
        mirrored=np.array([[mirrored]]),
    )[0]


def test_figures_stand_in_the_order_of_their_names() -> None:
    assert figures(False) == pytest.approx([0.4, 0.1, -0.2, 1.5, 0.3, -0.2, *FIXED], rel=1e-6)
    # The velocity has three.
    assert len(privileged.PRIVILEGED) + 2 == privileged.PRIVILEGED_SIZE == len(figures(False))


def test_a_mirror_changes_what_is_sideways() -> None:
    changed = np.flatnonzero(figures(True) == -figures(False))
    assert changed.tolist() == privileged.SIDEWAYS


def test_a_goal_far_away_is_two_metres_away() -> None:
    assert figures(False, to_goal=np.inf)[3] == 2.0


def test_what_stays_is_scaled_as_its_name_says() -> None:
    drawn = scenario(riser=0.15, tread=0.3, direction="down", friction=0.6, payload=3.0, delay=0.01)
    assert privileged.fixed(drawn) == pytest.approx(FIXED)
    assert len(FIXED) == privileged.FIXED_SIZE
