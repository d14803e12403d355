"""A robot starts standing: every foot on the ground, wherever on a flight it is put down."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from envs import frames
from envs.programs import leg
from envs.robots.go2 import GO2
from envs.task.scenario import Scenario
from tests.support.helpers import idle, scenario, started


def feet_over_ground(made: Scenario) -> np.ndarray:
    """Height of each foot's sole over the ground below it [m] at the start of an episode."""
    batch = started(made)
    legs = GO2.legs
    state = np.array([batch.physics.worlds[0].base()])
    joints = np.array(batch.physics.worlds[0].joints())[:, 0]
    feet = leg.foot_position(
        joints=torch.from_numpy(joints).reshape(1, 4, 3),
        abduction=torch.tensor(legs.abduction, dtype=torch.float64),
        thigh=legs.thigh,
        calf=legs.calf,
    )[0].numpy()
    turn = np.repeat(frames.rotation_matrix(state[:, 3:7]), 4, 0)
    places = state[:, :3] + frames.to_world(
        turn, feet + np.array(legs.hip_in_base) - batch.physics.worlds[0].base_com
    )
    heights = batch.course.terrain.height(places[None, :, 0], places[None, :, 1])[0]
    batch.close()
    return places[:, 2] - legs.foot_radius - heights


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.62])
@pytest.mark.parametrize("riser", [0.0, 0.1, 0.2])
def test_feet_start_on_the_ground(riser: float, share: float, direction: str) -> None:
    made = scenario(riser=riser, direction=direction)
    way = made.goal_x(GO2.body_length) - made.x
    assert feet_over_ground(replace(made, x=made.x + share * way)) == pytest.approx(
        np.zeros(4), abs=0.01
    )


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_robot_that_starts_on_a_flight_stays_where_it_is(direction: str) -> None:
    made = scenario(riser=0.1, direction=direction, speed=0.0)
    batch = started(replace(made, x=1.4))
    before = np.array(batch.physics.worlds[0].base()[:3])
    for _ in range(50):
        assert batch.step(idle(batch)).end[0] == 0
    assert batch.physics.worlds[0].base()[:3] == pytest.approx(before, abs=0.1)
    batch.close()
