"""What robots do without a policy."""

import numpy as np
import pytest

from agents import policies
from envs.climb import ClimbBatch
from envs.robots.tracked import TRACKED
from envs.task.scenario import from_options


def flippers(name: str) -> np.ndarray:
    """Angles of the flippers [rad], (T, 4), of a robot that drives at steps of 12 cm."""
    made = ClimbBatch(TRACKED, 1)
    policy = policies.load(name, "tracked")
    rng = np.random.default_rng(0)
    seen = made.reset(
        {0: from_options(rng=rng, spec=TRACKED, options={"riser": 0.12}, randomize="nominal")},
        {0: rng},
    )[0]
    angles = []
    for _ in range(60):
        seen = made.step(policy.act(seen, [rng])).policy
        angles.append([position for position, _ in made.physics.worlds[0].joints()[:4]])
    made.close()
    return np.array(angles)


def test_fixed_flippers_stay_flat_where_scripted_ones_follow_the_ground() -> None:
    fixed = flippers("zero")
    scripted = flippers("scripted")
    assert np.abs(fixed - TRACKED.stance[0]).max() < 0.15
    assert scripted[:, :2].max() > TRACKED.stance[0] + 0.4


def test_a_robot_without_flippers_has_no_script_for_them() -> None:
    with pytest.raises(policies.PolicyError, match="use zero, random"):
        policies.load("scripted", "go2")
