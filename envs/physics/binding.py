"""How a robot's joints and links are found in Bullet, and the properties that are set once."""

from typing import NamedTuple

import numpy as np
import pybullet
from numpy.typing import NDArray

from envs.physics.tracks import TrackModel
from envs.robots.spec import RobotSpec
from envs.robots.tracks import TrackGeometry

Array = NDArray[np.float64]

_ROBOT = 1
_STATIC = 2
"""Bullet's own collision groups, of what moves and of what does not."""


class Binding(NamedTuple):
    """Bullet's numbers of a robot's parts, and what the robot's file says about them."""

    joints: list[int]
    """Joints with a motor of their own, in the order of the robot's spec."""
    wheels: list[int]
    """Joints of the wheels of the tracks; empty without tracks."""
    links: dict[str, int]
    """Bullet's number of each link, by name; the base is -1."""
    flipper_sign: Array
    """Sense of each flipper's joint about the base's y axis, +-1, (F,); empty without tracks."""
    grip: dict[int, float]
    """Friction of each link relative to that of the feet or tracks."""
    mass: dict[int, float]
    """Mass of each link [kg]."""
    inertia: dict[int, tuple[float, ...]]
    """Inertia of each link about its own axes, with the motors' rotors [kg m2]."""
    base_com: Array
    """Centre of mass of the base link in the base frame [m], (3,)."""


def bind(client: int, robot: int, spec: RobotSpec, tracks: TrackModel | None) -> Binding:
    """Find the parts of `robot`, and turn off what Bullet assumes about them.

    Raises:
        RuntimeError: the robot's file lacks joints of `spec`.
    """
    infos = [
        pybullet.getJointInfo(robot, joint, physicsClientId=client)
        for joint in range(pybullet.getNumJoints(robot, physicsClientId=client))
    ]
    by_joint = {info[1].decode(): info[0] for info in infos}
    hinges = [name for name in spec.joint_names if name not in spec.drives]
    missing = set(hinges) - set(by_joint)
    if missing:
        raise RuntimeError(
            f"{spec.urdf.name} has no joint {sorted(missing)}; its joints are {sorted(by_joint)}"
        )
    joints = [by_joint[name] for name in hinges]
    wheels = [by_joint[name] for name in tracks.wheels] if tracks else []
    links = {"base": -1} | {info[12].decode(): info[0] for info in infos}
    dynamics = {
        link: pybullet.getDynamicsInfo(robot, link, physicsClientId=client)
        for link in links.values()
    }
    grip = dict.fromkeys(links.values(), 1.0)
    if isinstance(spec.limbs, TrackGeometry):
        grip[-1] = spec.limbs.belly_grip
    rotors = dict(zip(joints, spec.rotor_inertia, strict=False))
    if tracks:
        rotors |= dict(zip(wheels, tracks.rotors, strict=True))
    inertia = {link: info[2] for link, info in dynamics.items()}
    # The motors' rotors, geared up, resist a joint's acceleration. Bullet has no such term. Added
    # to the link's inertia about its joint's axis, it is exact for that joint.
    for info in infos:
        axis = np.abs(np.array(info[13])) * rotors.get(info[0], 0.0)
        inertia[info[0]] = tuple(np.add(inertia[info[0]], axis))
    bound = Binding(
        joints=joints,
        wheels=wheels,
        links=links,
        # Positive angles of a flipper lift its tip, so front ones turn about -y.
        flipper_sign=np.array([infos[joint][13][1] for joint in joints]) if tracks else np.zeros(0),
        grip=grip,
        mass={link: info[0] for link, info in dynamics.items()},
        inertia=inertia,
        base_com=np.array(dynamics[-1][3]),
    )
    _set_dynamics(client, robot, bound)
    return bound


def _set_dynamics(client: int, robot: int, bound: Binding) -> None:
    p, c = pybullet, client
    for link in bound.links.values():
        if link >= 0:
            p.changeDynamics(
                robot, link, localInertiaDiagonal=bound.inertia[link], physicsClientId=c
            )
    for link in bound.links.values():
        p.changeDynamics(
            robot,
            link,
            linearDamping=0.0,
            angularDamping=0.0,
            jointDamping=0.0,
            physicsClientId=c,
        )
        # A robot does not collide with itself. With this mask Bullet does not keep and search the
        # pairs of its links that are near each other: a tenth to a fifth of a step's time.
        p.setCollisionFilterGroupMask(robot, link, _ROBOT, _STATIC, physicsClientId=c)
    # A joint's default motor would hold it. Limited to 0.2 N m it would be the joint's Coulomb
    # friction, but it doubles the time of a step: `motors` adds friction instead.
    driven = bound.joints + bound.wheels
    p.setJointMotorControlArray(
        robot, driven, p.VELOCITY_CONTROL, forces=[0.0] * len(driven), physicsClientId=c
    )
