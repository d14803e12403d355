"""A body in MuJoCo: a second opinion on contact and dynamics, made from the same URDF, staircase,
payload and motor drivers as the one in Bullet.
"""

import xml.etree.ElementTree as ET

import mujoco
import numpy as np

from deploy.runtime.link import MotorCommand
from deploy.simulation.body import Array, Truth
from deploy.simulation.drives import Drives
from deploy.simulation.scene import Scene
from envs.robots.spec import RobotSpec
from envs.task.scenario import Scenario

PHYSICS_STEP = 0.002
"""Time of a physics step [s]: MuJoCo's own default."""
_ROBOT = 1
_GROUND = 2
"""Collision group of the ground: as in Bullet, the robot meets the ground and not itself."""
_FREE = 7
"""Coordinates of a free joint in `qpos`: position, quaternion wxyz. In `qvel` they are 6: velocity
of the origin in the world, angular velocity in the base.
"""


class MujocoBody:
    """One robot on one staircase, as `scenario` says; see `deploy.simulation.body.Body`.

    Args:
        spec: the robot.
        scenario: flight, starting point and everything that is random about the robot.
        lying: start folded on the ground, as a robot that is switched on, instead of standing.
    """

    period = PHYSICS_STEP

    def __init__(self, spec: RobotSpec, scenario: Scenario, lying: bool = False) -> None:
        self._scene = Scene(spec, scenario)
        self._drives = Drives(spec, scenario.values, self.period)
        self._motor = np.zeros(len(spec.joint_names))
        self.model = model(spec, scenario)
        self.data = mujoco.MjData(self.model)
        joints = [self.model.joint(name) for name in spec.joint_names]
        self._q = np.concatenate([joint.qposadr for joint in joints])
        self._v = np.concatenate([joint.dofadr for joint in joints])
        pose = self._scene.start(lying)
        x, y, z, w = pose.quaternion
        self.data.qpos[:_FREE] = (*pose.position, w, x, y, z)
        self.data.qpos[self._q] = pose.joints

    def advance(self, command: MotorCommand) -> None:
        """One physics step with the motor drivers following `command`."""
        self._motor, torque = self._drives.torque(
            command, self.data.qpos[self._q], self.data.qvel[self._v]
        )
        self.data.qfrc_applied[self._v] = torque
        mujoco.mj_step(self.model, self.data)

    def truth(self) -> Truth:
        """The state now."""
        q, v = self.data.qpos.copy(), self.data.qvel.copy()
        return Truth(
            position=q[:3],
            quaternion=q[[4, 5, 6, 3]],
            velocity=v[:3],
            angular_velocity=v[3:6],
            joint_position=q[self._q],
            joint_velocity=v[self._v],
            joint_torque=self._motor,
        )

    def heights(self) -> Array:
        """True ground above the base's origin on the controller's grid [m], level frame, (X, Y)."""
        return self._scene.heights(self.truth())

    def push(self, velocity: Array) -> None:
        """Change the base's velocity by `velocity` [m/s] in the world, (3,)."""
        self.data.qvel[:3] += velocity

    def close(self) -> None:
        """Nothing to free: MuJoCo's memory goes with the object."""


def model(spec: RobotSpec, scenario: Scenario) -> mujoco.MjModel:
    """The robot on the ground of `scenario`, as MuJoCo's own reader understands the URDF."""
    made = mujoco.MjSpec.from_string(_floating(spec))
    _set_options(made.option)
    _set_robot(made, spec, scenario)
    _add_ground(made, scenario)
    return made.compile()


def _floating(spec: RobotSpec) -> str:
    """The URDF with its base free to move: MuJoCo would weld it to the world. What is only seen is
    left out: its meshes are looked for beside a file, and this is a string.
    """
    root = ET.parse(spec.urdf).getroot()
    base = _base(root)
    for link in root.findall("link"):
        for visual in link.findall("visual"):
            link.remove(visual)
    ET.SubElement(root, "link", name="world")
    joint = ET.SubElement(root, "joint", name="free", type="floating")
    ET.SubElement(joint, "parent", link="world")
    ET.SubElement(joint, "child", link=base)
    return ET.tostring(root, "unicode")


def _base(root: ET.Element) -> str:
    """Name of the link that is nobody's child."""
    children = {child.attrib["link"] for child in root.iterfind("joint/child")}
    (base,) = {link.attrib["name"] for link in root.findall("link")} - children
    return base


def _set_options(option: mujoco.MjOption) -> None:
    option.timestep = PHYSICS_STEP
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    # Friction without a preferred axis, as Bullet is set to. MuJoCo's friction is soft and creeps;
    # the ratio makes it as hard as the public models of the robot have it.
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    option.impratio = 100.0


def _set_robot(made: mujoco.MjSpec, spec: RobotSpec, scenario: Scenario) -> None:
    for name, inertia in zip(spec.joint_names, spec.rotor_inertia, strict=True):
        made.joint(name).armature = inertia
    for geom in made.geoms:
        geom.contype = _ROBOT
        geom.conaffinity = _GROUND
        geom.condim = 3
        # Higher priority: the pair has the robot's friction, where MuJoCo would take the larger of
        # the two. In Bullet the ground's is 1 and they multiply.
        geom.priority = 1
        geom.friction = (float(scenario.values["friction"][0]), 0.0, 0.0)
    base = _base(ET.parse(spec.urdf).getroot())
    trunk, corners = scenario.payload(spec)
    for name, mass in zip((base, *spec.payload_links), (trunk, *corners), strict=True):
        made.body(name).mass += mass


def _add_ground(made: mujoco.MjSpec, scenario: Scenario) -> None:
    ground = {"contype": _GROUND, "conaffinity": _ROBOT}
    made.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=(0, 0, 1), **ground)
    stairs = scenario.stairs
    for box in stairs.boxes if stairs.riser else ():
        half = (0.5 * box.length, 0.5 * stairs.width, 0.5 * box.thickness)
        middle = (box.start + half[0], 0.0, box.top - half[2])
        made.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, pos=middle, size=half, **ground)
