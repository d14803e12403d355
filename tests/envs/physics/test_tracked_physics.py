"""Rows of wheels behave like tracks, and the tracked robot like the one that was published."""

import math
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pybullet
import pytest

from envs.robots.tracked import TRACKED
from tests.support.facts import joint_facts, link_facts
from tests.support.rigs import FLAT, GAUGE, TRACKS, UP, Rig

CREEP = 0.2
"""What counts as no creep [mm/s]; 0.05 measured."""


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.close()


def test_masses_and_torques_are_the_published_ones(rig: Rig) -> None:
    links = link_facts(rig.world)
    joints = joint_facts(rig.world)
    assert sum(fact["mass"] for fact in links.values()) == pytest.approx(TRACKED.mass, abs=1e-3)
    flipper = sum(fact["mass"] for name, fact in links.items() if name.startswith("front_left"))
    assert flipper == pytest.approx(2.064 + 0.65 + 2 * 0.172 + 0.601, abs=1e-3)
    assert tuple(joints) == TRACKED.joint_names[:4]
    assert [fact["torque"] for fact in joints.values()] == list(TRACKED.torque_limit[:4])


def test_every_wheel_carries_its_share_of_the_drives_rotor(rig: Rig) -> None:
    for name, fact in link_facts(rig.world).items():
        if "wheel" in name:
            radius = TRACKS.radius + (TRACKS.tip_radius - TRACKS.radius) * int(name[-1]) / (
                TRACKS.wheels - 1
            )
            assert fact["iyy"] == pytest.approx(
                (10.0 + 0.5 * TRACKS.wheel_mass) * radius**2, rel=1e-3
            )


def test_a_positive_angle_lifts_the_tip_of_every_flipper(rig: Rig) -> None:
    rig.world.reset((0, 0, 1), (0, 0, 0, 1), (0.5,) * 4 + (0.0, 0.0))
    for name in TRACKS.names:
        tip = pybullet.getLinkState(
            rig.world.robot,
            rig.world.links[f"{name}_wheel_8"],
            computeForwardKinematics=1,
            physicsClientId=rig.client,
        )[0]
        assert tip[2] == pytest.approx(1 + TRACKS.length * math.sin(0.5), abs=1e-3)


def test_the_hull_grips_less_than_the_tracks(rig: Rig) -> None:
    rig.world.set_friction(0.8)
    frictions = {name: fact["friction"] for name, fact in link_facts(rig.world).items()}
    assert frictions.pop("base") == pytest.approx(0.28)
    assert set(frictions.values()) == {0.8}


@pytest.mark.parametrize("flippers", [FLAT, (0.6,) * 4])
@pytest.mark.parametrize("speed", [0.25, 1.0, -0.5])
def test_on_flat_ground_it_is_as_fast_as_its_tracks(
    speed: float, flippers: tuple[float, ...]
) -> None:
    with closing(Rig(flippers=flippers)) as rig:
        before = rig.drive(speed, speed, 1.0)
        after = rig.drive(speed, speed, 1.0)
    assert after[0] - before[0] == pytest.approx(speed, rel=0.05)
    assert abs(after[1]) < 0.01


def test_tracks_speed_up_as_fast_as_published(rig: Rig) -> None:
    rig.drive(1.0, 1.0, 0.2)
    speed = TRACKS.radius * rig.world.joints()[-1][1]
    assert speed == pytest.approx(3.0 * 0.2, rel=0.05)


@pytest.mark.parametrize(("flippers", "slip"), [(FLAT, 0.87), ((0.6,) * 4, 0.58)])
@pytest.mark.parametrize(("left", "right"), [(-0.3, 0.3), (0.3, -0.3), (0.2, 0.6)])
def test_it_turns_as_a_skid_steered_robot_does(
    left: float, right: float, flippers: tuple[float, ...], slip: float
) -> None:
    # Yaw rate = (1 - slip) (right - left) / gauge. The longer the tracks on the ground, the more
    # they scrub: flat ones lose most of it.
    with closing(Rig(flippers=flippers)) as rig:
        rig.drive(left, right, 1.0)
        rates = [rig.drive(left, right, 0.05)[12] for _ in range(20)]
    assert np.mean(rates) == pytest.approx((1 - slip) * (right - left) / GAUGE, rel=0.3)


@pytest.mark.parametrize("flippers", [FLAT, (0.6,) * 4])
def test_with_its_brakes_on_it_does_not_creep_on_30_degrees(flippers: tuple[float, ...]) -> None:
    with closing(Rig(slope=(math.radians(30), 0.0), flippers=flippers)) as rig:
        before = rig.drive(0.0, 0.0, 1.0)
        after = rig.drive(0.0, 0.0, 2.0)
    assert 1000 * np.linalg.norm(after[:3] - before[:3]) / 2.0 < CREEP


@pytest.mark.parametrize("degrees", [20, 30])
@pytest.mark.parametrize("margin", [-0.08, 0.08])
def test_it_slides_once_the_slope_is_steeper_than_friction_holds(
    degrees: float, margin: float
) -> None:
    friction = math.tan(math.radians(degrees)) + margin
    angle = math.radians(degrees)
    with closing(Rig(friction=friction, slope=(angle, 0.0))) as rig:
        before = rig.drive(0.0, 0.0, 0.5)
        after = rig.drive(0.0, 0.0, 0.5)
    coulomb = -9.81 * (math.sin(angle) - friction * math.cos(angle))
    assert (after[7] - before[7]) / 0.5 == pytest.approx(min(coulomb, 0.0), abs=0.02)


def test_it_drives_up_what_friction_allows() -> None:
    with closing(Rig(slope=(math.radians(30), 0.0))) as rig:
        before = rig.drive(0.3, 0.3, 1.0)
        after = rig.drive(0.3, 0.3, 1.0)
        load = rig.world.track_load().sum()
    assert after[0] - before[0] == pytest.approx(0.3, rel=0.05)
    assert load / TRACKS.radius == pytest.approx(TRACKED.mass * 9.81 * 0.5, rel=0.1)


def crosses(gap: float) -> bool:
    """Whether it drives over a gap [m] with flat flippers."""
    with closing(Rig(height=1.0)) as rig:
        rig.slab(-3.2, 4.0, 1.0)
        rig.slab(0.8 + gap, 4.0, 1.0)
        place = rig.drive(0.4, 0.4, 5.5)
    return bool(place[0] > 1.8 and place[2] > 1.15)


def test_it_bridges_a_gap_of_45_cm_and_no_more_than_its_geometry_allows() -> None:
    # A flipper's own track (0.498 m) is what bridges: between the flippers' axes there is no track,
    # and the robot's middle sinks in once both axles of a flipper are over the gap.
    assert crosses(0.45)
    assert not crosses(0.52)


def centre_height() -> float:
    """Of the whole robot with its flippers up, over the ground [m]: from the published masses."""
    flipper = 2.064 + 1.595
    middle = 0.5 * TRACKS.length * math.sin(UP[0])
    return TRACKS.radius + (46.43 * 0.078 + 4 * flipper * middle) / TRACKED.mass


@pytest.mark.parametrize("margin", [-3.0, 3.0])
@pytest.mark.parametrize(
    ("axis", "reach"),
    [(0, 0.256 + 0.0026 * 46.43 / TRACKED.mass), (1, 0.5 * GAUGE)],
    ids=["backwards", "sideways"],
)
def test_it_tips_over_where_statics_says(axis: int, reach: float, margin: float) -> None:
    angle = math.atan(reach / centre_height()) + math.radians(margin)
    slope = (angle, 0.0) if axis == 0 else (0.0, angle)
    with closing(Rig(friction=4.0, slope=slope, flippers=UP)) as rig:
        _, _, _, qx, qy, *_ = rig.drive(0.0, 0.0, 1.0)
    upright = 1 - 2 * (qx * qx + qy * qy)
    assert (upright > 0.99) == (margin < 0)
