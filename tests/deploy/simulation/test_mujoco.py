"""The robot in MuJoCo is the one in Bullet."""

import sys
from collections.abc import Iterator
from dataclasses import replace

import mujoco
import numpy as np
import pybullet
import pytest
import torch

from deploy.runtime.errors import MissingExtraError
from deploy.runtime.link import MotorCommand
from deploy.simulation.body import Body
from deploy.simulation.bullet import BulletBody
from deploy.simulation.engines import open_body
from deploy.simulation.mujoco import MujocoBody
from envs.physics.world import World
from envs.programs import leg
from envs.robots.go2 import GO2
from envs.task.scenario import Scenario
from tests.deploy.simulation.test_simulation import LIMP, STAND, ZERO, advance
from tests.support.facts import link_facts
from tests.support.helpers import scenario

FLAT = scenario(riser=0.0)
LOADED = scenario(riser=0.0, friction=0.5, payload=3.0, payload_x=0.1, payload_y=-0.04)


@pytest.fixture(scope="module", params=[FLAT, LOADED], ids=["nominal", "loaded"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[MujocoBody, World]]:
    bullet = BulletBody(GO2, request.param)
    yield MujocoBody(GO2, request.param), bullet._world
    bullet.close()


def inertia_in_body(model: mujoco.MjModel, body: int) -> np.ndarray:
    turn = np.zeros(9)
    mujoco.mju_quat2Mat(turn, model.body_iquat[body])
    axes = turn.reshape(3, 3)
    return axes @ np.diag(model.body_inertia[body]) @ axes.T


def test_masses_and_inertias_of_every_link(pair: tuple[MujocoBody, World]) -> None:
    model = pair[0].model
    facts = link_facts(pair[1])
    rotors = dict(zip(GO2.joint_names, GO2.rotor_inertia, strict=True))
    for name, fact in facts.items():
        body = model.body(name).id
        assert model.body_mass[body] == pytest.approx(fact["mass"]), name
        # Bullet has the rotor in the link, about the joint's axis; MuJoCo has it in the joint.
        rotor = (
            np.zeros(3)
            if name == "base"
            else rotors[model.joint(model.body_jntadr[body]).name]
            * np.abs(model.jnt_axis[model.body_jntadr[body]])
        )
        expected = np.diag([fact[key] for key in ("ixx", "iyy", "izz")]) - np.diag(rotor)
        assert inertia_in_body(model, body) == pytest.approx(expected, abs=1e-9), name
    assert len(facts) == model.nbody - 1


def test_joints_limits_and_rotors(pair: tuple[MujocoBody, World]) -> None:
    model = pair[0].model
    rows = zip(GO2.joint_names, GO2.lower, GO2.upper, GO2.rotor_inertia, strict=True)
    for name, lower, upper, inertia in rows:
        joint = model.joint(name)
        assert joint.range == pytest.approx([lower, upper])
        assert joint.armature == pytest.approx([inertia])


def test_the_same_pose_puts_every_link_in_the_same_place() -> None:
    joints = np.random.default_rng(0).uniform(GO2.lower, GO2.upper)
    body = MujocoBody(GO2, FLAT)
    body.data.qpos[:7] = (0, 0, 1, 1, 0, 0, 0)
    body.data.qpos[body._q] = joints
    mujoco.mj_kinematics(body.model, body.data)
    client = pybullet.connect(pybullet.DIRECT)
    robot = pybullet.loadURDF(
        str(GO2.urdf), flags=pybullet.URDF_USE_INERTIA_FROM_FILE, physicsClientId=client
    )
    com = pybullet.getDynamicsInfo(robot, -1, physicsClientId=client)[3]
    pybullet.resetBasePositionAndOrientation(
        robot, np.add(com, (0, 0, 1)), (0, 0, 0, 1), physicsClientId=client
    )
    for index in range(pybullet.getNumJoints(robot, physicsClientId=client)):
        name = pybullet.getJointInfo(robot, index, physicsClientId=client)[1].decode()
        pybullet.resetJointState(
            robot, index, joints[GO2.joint_names.index(name)], physicsClientId=client
        )
    for index in range(pybullet.getNumJoints(robot, physicsClientId=client)):
        link = pybullet.getJointInfo(robot, index, physicsClientId=client)[12].decode()
        place = pybullet.getLinkState(
            robot, index, computeForwardKinematics=1, physicsClientId=client
        )
        assert body.data.body(link).xpos == pytest.approx(place[4], abs=1e-5), link
        assert body.data.body(link).xquat[[1, 2, 3, 0]] * np.sign(
            body.data.body(link).xquat[0]
        ) == pytest.approx(np.array(place[5]) * np.sign(place[5][3]), abs=1e-5)
    pybullet.disconnect(client)


def test_feet_are_where_the_controller_believes_them_to_be() -> None:
    joints = np.random.default_rng(1).uniform(GO2.lower, GO2.upper)
    legs = GO2.legs
    body = MujocoBody(GO2, FLAT)
    body.data.qpos[:7] = (0, 0, 0, 1, 0, 0, 0)
    body.data.qpos[body._q] = joints
    mujoco.mj_kinematics(body.model, body.data)
    believed = leg.foot_position(
        joints=torch.from_numpy(joints).reshape(1, 4, 3),
        abduction=torch.tensor(legs.abduction, dtype=torch.float64),
        thigh=legs.thigh,
        calf=legs.calf,
    )[0]
    for name, hip, foot in zip(legs.names, legs.hip_in_base, believed.numpy(), strict=True):
        calf = body.model.body(f"{name}_calf").id
        (sphere,) = (
            g
            for g in range(body.model.ngeom)
            if body.model.geom_bodyid[g] == calf
            and body.model.geom_type[g] == mujoco.mjtGeom.mjGEOM_SPHERE
        )
        # The published foot is 2 mm behind the end of the calf's axis.
        assert body.data.geom_xpos[sphere] == pytest.approx(hip + foot, abs=0.0021)


def both(scenario: Scenario, rotors: bool = True) -> list[Body]:
    spec = GO2 if rotors else replace(GO2, rotor_inertia=(0.0,) * 12)
    return [MujocoBody(spec, scenario), BulletBody(spec, scenario)]


def test_it_falls_as_things_fall() -> None:
    body = MujocoBody(GO2, FLAT)
    body.data.qpos[2] = 2.0
    seconds = 0.4
    advance(body, STAND, seconds)
    assert 2.0 - body.truth().position[2] == pytest.approx(0.5 * 9.81 * seconds**2, rel=0.02)
    assert body.truth().velocity[2] == pytest.approx(-9.81 * seconds, rel=0.01)


def test_thrown_into_the_air_with_moving_legs_it_turns_as_in_bullet() -> None:
    """Mass matrix, gyroscopic and Coriolis terms of both engines together: contact-free motion from
    the same torques.
    """
    swing = np.random.default_rng(2).uniform(-3.0, 3.0, 12).astype(np.float32)
    ends = []
    for body in both(FLAT, rotors=False):
        body.push(np.array([0.0, 0.0, 4.0]))
        for _ in range(2):
            advance(
                body,
                MotorCommand(position=ZERO, velocity=ZERO, torque=swing, kp=ZERO, kd=ZERO + 0.3),
                0.03,
            )
            advance(
                body,
                MotorCommand(position=ZERO, velocity=ZERO, torque=-swing, kp=ZERO, kd=ZERO + 0.3),
                0.03,
            )
        ends.append(body.truth())
        body.close()
    ours, theirs = ends
    moved = np.abs(theirs.joint_position - BulletBody(GO2, FLAT).truth().joint_position).max()
    assert moved > 0.1
    assert ours.joint_position == pytest.approx(theirs.joint_position, abs=0.1 * moved)
    assert ours.position == pytest.approx(theirs.position, abs=0.01)


@pytest.mark.parametrize("drawn", [FLAT, LOADED], ids=["nominal", "loaded"])
def test_it_stands_as_high_as_in_bullet(drawn: Scenario) -> None:
    heights = []
    for body in both(drawn):
        heights.append(advance(body, STAND, 1.5).truth().position[2])
        body.close()
    assert heights[0] == pytest.approx(heights[1], abs=0.004)
    assert 0.2 < heights[0] < GO2.stand_height


@pytest.mark.parametrize("friction", [0.3, 0.6])
@pytest.mark.parametrize("more", [-0.05, 0.05])
def test_it_slides_where_friction_says_so(friction: float, more: float) -> None:
    """Gravity is turned instead of the ground: down a slope it accelerates by g (sin - friction
    cos), or stays.
    """
    body = MujocoBody(GO2, scenario(riser=0.0, friction=friction), lying=True)
    angle = np.arctan(friction + more)
    hold = STAND._replace(
        position=body.truth().joint_position.astype(np.float32), kp=ZERO + 200.0, kd=ZERO + 5.0
    )
    body.model.opt.gravity[:] = (9.81 * np.sin(angle), 0.0, -9.81 * np.cos(angle))
    # The legs give way a little before the feet do.
    start = advance(body, hold, 0.5).truth()
    end = advance(body, hold, 0.5).truth()
    pull = max(0.0, 9.81 * (np.sin(angle) - friction * np.cos(angle)))
    assert (end.velocity[0] - start.velocity[0]) / 0.5 == pytest.approx(pull, abs=0.05)
    assert more > 0 or end.position[0] - start.position[0] < 0.002


def test_stairs_are_solid_where_the_map_shows_them() -> None:
    flat = advance(MujocoBody(GO2, FLAT), STAND, 1.0).truth()
    landing = scenario(riser=0.13, direction="down")
    above = advance(MujocoBody(GO2, landing), STAND, 1.0)
    assert above.truth().position[2] == pytest.approx(
        landing.stairs.tops[-1] + flat.position[2], abs=1e-3
    )
    assert -above.heights()[14, 3] == pytest.approx(flat.position[2], abs=1e-3)


def test_without_the_package_the_message_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "deploy.simulation.mujoco")
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(MissingExtraError, match="pip install mujoco"):
        open_body("mujoco", GO2, FLAT)


def test_limp_it_lies_down() -> None:
    body = MujocoBody(GO2, FLAT, lying=True)
    assert advance(body, LIMP, 1.0).truth().position[2] < 0.13
