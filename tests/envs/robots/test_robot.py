"""The robot in Bullet has the published figures."""

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from envs.physics.world import World
from envs.programs import leg
from envs.robots.go2 import GO2
from tests.support.facts import joint_facts, link_facts
from tests.support.helpers import scenario, started

ROTOR = 0.089
PUBLISHED_MASS = {"hip": 0.678 + ROTOR, "thigh": 1.152 + ROTOR, "calf": 0.154 + 0.04}
"""Masses of the links of a leg [kg].

Each rotor is carried by the link before the joint that it drives; the foot is one with the calf.
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World(GO2)
    yield made
    made.close()


@pytest.fixture(scope="module")
def urdf() -> ET.Element:
    return ET.parse(GO2.urdf).getroot()


def vector(element: ET.Element | None, attribute: str) -> list[float]:
    assert element is not None
    return [float(part) for part in element.attrib[attribute].split()]


def test_masses_are_the_published_ones(world: World) -> None:
    facts = link_facts(world)
    assert facts["base"]["mass"] == pytest.approx(6.921 + 4 * ROTOR)
    for side in GO2.legs.names:
        for part, mass in PUBLISHED_MASS.items():
            assert facts[f"{side}_{part}"]["mass"] == pytest.approx(mass), (side, part)
    assert sum(fact["mass"] for fact in facts.values()) == pytest.approx(GO2.mass)


def test_limits_torques_and_speeds_are_those_of_the_spec(world: World) -> None:
    facts = joint_facts(world)
    assert tuple(facts) == GO2.joint_names
    for key, expected in (
        ("lower", GO2.lower),
        ("upper", GO2.upper),
        ("torque", GO2.torque_limit),
        ("speed", GO2.speed_limit),
    ):
        assert [fact[key] for fact in facts.values()] == pytest.approx(expected), key


def test_published_limits() -> None:
    hip = (-1.0472, 1.0472)
    front = (-1.5708, 3.4907)
    rear = (-0.5236, 4.5379)
    calf = (-2.7227, -0.83776)
    assert (
        list(zip(GO2.lower, GO2.upper, strict=True))
        == [hip, front, calf] * 2 + [hip, rear, calf] * 2
    )
    assert GO2.torque_limit == (23.7, 23.7, 45.43) * 4
    assert GO2.speed_limit == (30.1, 30.1, 15.70) * 4


@pytest.mark.parametrize("index", range(4))
def test_geometry_of_the_file_is_that_of_the_spec(urdf: ET.Element, index: int) -> None:
    side = GO2.legs.names[index]
    legs = GO2.legs

    def origin(joint: str) -> list[float]:
        return vector(urdf.find(f"joint[@name='{side}_{joint}_joint']/origin"), "xyz")

    assert origin("hip") == pytest.approx(legs.hip_in_base[index])
    assert origin("thigh") == pytest.approx([0.0, legs.abduction[index], 0.0])
    assert origin("calf") == pytest.approx([0.0, 0.0, -legs.thigh])
    (foot,) = (
        c
        for c in urdf.findall(f"link[@name='{side}_calf']/collision")
        if c.find("geometry/sphere") is not None
    )
    assert vector(foot.find("geometry/sphere"), "radius") == [legs.foot_radius]
    assert vector(foot.find("origin"), "xyz") == pytest.approx([-0.002, 0.0, -legs.calf])


def test_rotor_inertia_is_added_about_each_joints_own_axis(world: World, urdf: ET.Element) -> None:
    facts = link_facts(world)
    for joint in urdf.findall("joint"):
        child = joint.find("child")
        assert child is not None
        name = child.attrib["link"]
        axis = vector(joint.find("axis"), "xyz")
        inertia = urdf.find(f"link[@name='{name}']/inertial/inertia")
        for key, along in zip(("ixx", "iyy", "izz"), axis, strict=True):
            assert facts[name][key] == pytest.approx(
                vector(inertia, key)[0] + 0.01 * along, abs=1e-9
            ), (name, key)


def test_stance_puts_the_feet_on_the_ground_below_the_hips() -> None:
    legs = GO2.legs
    stance = torch.tensor(GO2.stance, dtype=torch.float64).reshape(1, 4, 3)
    feet = leg.foot_position(
        joints=stance,
        abduction=torch.tensor(legs.abduction, dtype=torch.float64),
        thigh=legs.thigh,
        calf=legs.calf,
    )[0]
    assert (feet[:, 2] - legs.foot_radius).tolist() == pytest.approx(
        [-GO2.stand_height] * 4, abs=1e-3
    )
    assert feet[:, 0].tolist() == pytest.approx([0.0] * 4, abs=1e-3)


@pytest.mark.parametrize("friction", [0.25, 1.25])
def test_every_link_has_the_drawn_friction_after_damping_and_payload_were_set(
    friction: float,
) -> None:
    batch = started(scenario(friction=friction, payload=3.0))
    assert {
        round(fact["friction"], 9) for fact in link_facts(batch.physics.worlds[0]).values()
    } == {friction}
    batch.close()


@pytest.mark.parametrize("load", [-1.0, 0.0, 3.0])
def test_payload_changes_the_total_mass_and_leaves_inertias(world: World, load: float) -> None:
    batch = started(scenario(payload=load, payload_x=0.1, payload_y=-0.04))
    facts = link_facts(batch.physics.worlds[0])
    bare = link_facts(world)
    assert sum(fact["mass"] for fact in facts.values()) == pytest.approx(GO2.mass + load)
    assert all(facts[name]["iyy"] == pytest.approx(bare[name]["iyy"]) for name in bare)
    batch.close()


@pytest.mark.parametrize(("x", "y"), [(0.1, 0.04), (-0.1, 0.02), (0.0, 0.0)])
def test_payload_sits_where_it_was_drawn(
    world: World, urdf: ET.Element, x: float, y: float
) -> None:
    batch = started(scenario(payload=3.0, payload_x=x, payload_y=y))
    facts = link_facts(batch.physics.worlds[0])
    bare = link_facts(world)
    extra = np.array([facts[name]["mass"] - bare[name]["mass"] for name in GO2.payload_links])
    middles = [
        vector(urdf.find(f"link[@name='{name}']/inertial/origin"), "xyz")
        for name in GO2.payload_links
    ]
    centre = extra @ (np.array(GO2.legs.hip_in_base) + middles) / extra.sum()
    assert extra.min() > 0.0
    assert centre[:2] == pytest.approx([x, y], abs=0.005)
    batch.close()


def test_the_next_episode_does_not_inherit_the_payload() -> None:
    batch = started(scenario(payload=3.0))
    batch.reset({0: scenario(payload=0.0)}, {0: np.random.default_rng(0)})
    assert sum(
        fact["mass"] for fact in link_facts(batch.physics.worlds[0]).values()
    ) == pytest.approx(GO2.mass)
    batch.close()


def test_joints_are_bound_by_name_whatever_the_order_of_the_file(
    urdf: ET.Element, tmp_path: Path
) -> None:
    turned = ET.Element("robot", urdf.attrib)
    turned.extend(
        [part for part in urdf if part.tag == "material"]
        + [part for part in reversed(urdf) if part.tag != "material"]
    )
    path = tmp_path / "turned.urdf"
    ET.ElementTree(turned).write(path)
    angles = np.linspace(-0.9, -1.0, 12).tolist()
    world = World(dataclasses.replace(GO2, urdf=path))
    world.reset((0, 0, 1), (0, 0, 0, 1), angles)
    assert [position for position, _ in world.joints()] == pytest.approx(angles)
    assert [fact["torque"] for fact in joint_facts(world).values()] == pytest.approx(
        GO2.torque_limit
    )
    world.close()


def test_a_missing_joint_is_named() -> None:
    names = ("tail_joint", *GO2.joint_names[1:])
    with pytest.raises(RuntimeError, match="tail_joint"):
        World(dataclasses.replace(GO2, joint_names=names))


def test_the_base_stands_where_it_was_put(world: World) -> None:
    world.reset((1.0, 2.0, 3.0), (0, 0, 0, 1), GO2.stance)
    assert world.base()[:3] == pytest.approx(np.array([1.0, 2.0, 3.0]) + world.base_com)
