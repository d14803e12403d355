"""Running episodes: how far they are, and what came of them."""

from typing import Any

import numpy as np
import pytest

from envs.robots.go2 import GO2
from envs.task.episodes import Episodes
from envs.task.rewards import Step
from envs.task.terminations import End
from tests.support.helpers import scenario

STEP = 0.02
TERMS = ("alive", "progress")


def started(**options: Any) -> Episodes:
    """Two robots in equal episodes."""
    made = Episodes(GO2, 2, STEP, TERMS)
    for row in range(2):
        made.begin(row, scenario(**options), np.random.default_rng(row))
    return made


def walked(speed: float, pitch_rate: float = 0.0, jolt: float = 0.0) -> Step:
    """A control step of two robots; only what is counted is filled in."""
    nothing = np.zeros(2)
    return Step(
        velocity_in_base=np.zeros((2, 3)),
        forward_speed=np.full(2, speed),
        angular_velocity=np.tile([0.0, pitch_rate, 0.0], (2, 1)),
        gravity=np.zeros((2, 3)),
        command=np.zeros((2, 2)),
        power=nothing,
        torque_load=nothing,
        action=np.zeros((2, 1)),
        previous_action=np.zeros((2, 1)),
        jolt=np.full(2, jolt),
    )


def count(episodes: Episodes, seen: Step) -> None:
    episodes.tally.add(
        seen, np.full(2, 0.1), np.full((2, 2), 0.05), energy=np.full(2, 3.0), seconds=STEP
    )


def test_a_summary_is_sums_and_largest_values() -> None:
    episodes = started(payload=1.0, riser=0.12, direction="down")
    for seen in (walked(0.5, -2.0, 0.1), walked(0.7, 1.0, -0.3)):
        count(episodes, seen)
    found = episodes.summary(0, End.FALL)
    assert (found["end"], found["is_success"]) == ("fall", False)
    assert (found["riser"], found["direction"]) == (0.12, "down")
    assert found["return"] == pytest.approx(0.2)
    assert found["reward/progress"] == pytest.approx(0.1)
    assert found["seconds"] == pytest.approx(2 * STEP)
    assert found["speed"] == pytest.approx(0.6)
    assert (found["peak_pitch_rate"], found["peak_jolt"]) == (2.0, 0.3)
    # A way of less than 10 cm counts as that.
    assert found["cost_of_transport"] == pytest.approx(6.0 / (9.81 * (GO2.mass + 1.0) * 0.1))


def test_the_next_episode_starts_from_nothing_and_alone() -> None:
    episodes = started()
    count(episodes, walked(0.5))
    episodes.begin(0, scenario(), np.random.default_rng(0))
    assert episodes.seconds().tolist() == [0.0, STEP]
    assert episodes.tally.distance[0] == 0.0
    assert not episodes.tally.terms[0].any()
    assert episodes.share()[0] == 0.0 < episodes.share()[1]


def test_the_last_step_is_the_one_that_fills_the_time() -> None:
    episodes = started(seconds=3 * STEP)
    last = []
    for _ in range(3):
        last.append(episodes.last_step().tolist())
        count(episodes, walked(0.5))
    assert last == [[False] * 2, [False] * 2, [True] * 2]


def test_the_full_distance_is_a_share_of_one() -> None:
    episodes = started()
    drawn = episodes.scenarios[0]
    assert drawn is not None
    way = abs(drawn.goal_x(GO2.body_length) - drawn.x)
    count(episodes, walked(0.5 * way / STEP))
    assert episodes.share() == pytest.approx([0.5, 0.5])


def test_an_episode_that_never_began_has_no_summary() -> None:
    with pytest.raises(RuntimeError, match="has not been reset"):
        Episodes(GO2, 1, STEP, TERMS).summary(0, End.TIMEOUT)
