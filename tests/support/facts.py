"""What Bullet itself holds of a robot and its ground."""

import pybullet

from envs.physics.world import World


def ray_height(world: World, x: float, y: float) -> float:
    """Height of the first thing that a ray from above meets [m].

    The caller puts the robot elsewhere.
    """
    (hit,) = pybullet.rayTestBatch([(x, y, 10.0)], [(x, y, -10.0)], physicsClientId=world.client)
    return float(hit[3][2])


def link_facts(world: World) -> dict[str, dict[str, float]]:
    """Of each link: mass [kg], inertia about the joint's axes [kg m2], friction."""
    info = {
        name: pybullet.getDynamicsInfo(world.robot, link, physicsClientId=world.client)
        for name, link in world.links.items()
    }
    return {
        name: {"mass": d[0], "friction": d[1], "ixx": d[2][0], "iyy": d[2][1], "izz": d[2][2]}
        for name, d in info.items()
    }


def joint_facts(world: World) -> dict[str, dict[str, float]]:
    """Of each joint with a motor of its own: limits [rad], torque [N m], speed [rad/s]."""
    infos = [
        pybullet.getJointInfo(world.robot, joint, physicsClientId=world.client)
        for joint in world.bound.joints
    ]
    return {
        i[1].decode(): {"lower": i[8], "upper": i[9], "torque": i[10], "speed": i[11]}
        for i in infos
    }
