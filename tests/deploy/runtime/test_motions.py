"""Motions without a policy: where they begin and end, and with which gains and times."""

from dataclasses import replace

import numpy as np

from deploy.runtime.safety import motions
from tests.support.ticks import ABOUT, STANCE


def test_standing_up_and_sitting_down_begin_where_the_robot_is_and_end_where_they_should() -> None:
    start = STANCE + np.float32(0.2)
    np.testing.assert_allclose(motions.rising(ABOUT, start, 0.0).position, start, atol=1e-6)
    np.testing.assert_allclose(motions.rising(ABOUT, start, 99.0).position, STANCE, atol=1e-6)
    np.testing.assert_allclose(motions.sitting(ABOUT, start, 0.0).position, start, atol=1e-6)
    np.testing.assert_allclose(
        motions.sitting(ABOUT, start, 99.0).position, ABOUT.folded, atol=1e-6
    )


def test_motions_have_the_gains_and_times_of_the_manifest() -> None:
    slow = replace(
        ABOUT,
        hold_kp=tuple(range(50, 62)),
        hold_kd=(3.0,) * 12,
        damping=(4.0,) * 12,
        gather_time=2.0,
        rise_time=3.0,
        sit_time=4.0,
        patience=5.0,
        tolerance=0.01,
    )
    start = STANCE + np.float32(0.2)
    folded = np.array(ABOUT.folded, np.float32)
    for command in (motions.rising(slow, start, 1.0), motions.sitting(slow, start, 1.0)):
        np.testing.assert_array_equal(command.kp, slow.hold_kp)
        np.testing.assert_array_equal(command.kd, slow.hold_kd)
    np.testing.assert_array_equal(motions.damping(slow).kd, slow.damping)
    np.testing.assert_allclose(motions.rising(slow, start, 2.0).position, folded, atol=1e-6)
    assert not motions.has_risen(slow, STANCE, 4.9)
    assert motions.has_risen(slow, STANCE, 5.1)
    assert not motions.has_risen(slow, STANCE + np.float32(0.02), 5.1)
    assert not motions.is_blocked(slow, 9.9)
    assert motions.is_blocked(slow, 10.1)
    assert not motions.has_sat_down(slow, 3.9)
    assert motions.has_sat_down(slow, 4.1)
