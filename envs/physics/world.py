"""One physics client with one robot and one movable staircase. The only file that imports pybullet.

A flight is made once, of thick slabs, and moved into place at each reset: no body is created or
removed afterwards, so memory stays flat and a reset costs microseconds.
"""

import ctypes
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pybullet
from numpy.typing import NDArray

from envs.physics.tracks import Belts
from envs.robots.spec import RobotSpec
from envs.robots.tracks import TrackGeometry
from envs.task.staircase import SLAB_THICKNESS, Box, Staircase

Array = NDArray[np.float64]

SOLVER_ITERATIONS = 20
_PARKED = -50.0
_AWAY = 100.0
_ROBOT = 1
_STATIC = 2
"""Bullet's own collision groups, of what moves and of what does not."""
_GROUND = 10_000.0
"""Half of the ground's length and width [m]: nothing walks that far in the longest episode."""


class Camera(NamedTuple):
    """Where a picture is taken from: what it looks at [m], distance [m], angles [deg]."""

    target: tuple[float, float, float]
    distance: float = 1.9
    yaw: float = 35.0
    pitch: float = -18.0


def _can_open_window() -> bool:
    """Whether an X server answers: without one Bullet would end the whole process."""
    if sys.platform != "linux":
        return True
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return False
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = x11.XOpenDisplay(None)
    if display:
        x11.XCloseDisplay(ctypes.c_void_p(display))
    return bool(display)


def bullet() -> tuple[bytes, int]:
    """The file of Bullet's code that is loaded, and the version of its interface for plugins."""
    return str(pybullet.__file__).encode(), int(pybullet.getAPIVersion())


class World:
    """A robot on a staircase. Joint arrays follow `spec.joint_names`; quaternions are xyzw.

    Args:
        spec: the robot.
        gui: open Bullet's own window.
        step: of the physics [s]; that of `spec` if left out.

    Raises:
        RuntimeError: no display for the window, or the URDF does not have the joints of `spec`.
    """

    def __init__(self, spec: RobotSpec, gui: bool = False, step: float | None = None) -> None:
        self.spec = spec
        self._step = step or spec.physics_step
        if gui and not _can_open_window():
            raise RuntimeError(
                "there is no display for a window; use render_mode='rgb_array', or set DISPLAY"
            )
        self._client = pybullet.connect(pybullet.GUI if gui else pybullet.DIRECT)
        self._configure(self._step)
        self._slabs: list[int] = []
        self._sizes: set[tuple[float, ...]] = set()
        self._make_ground()
        # Without this flag Bullet replaces the inertias of the file by those of the collision
        # shapes.
        self._robot = pybullet.loadURDF(
            str(spec.urdf), flags=pybullet.URDF_USE_INERTIA_FROM_FILE, physicsClientId=self._client
        )
        self._bind()

    def _configure(self, step: float) -> None:
        p, c = pybullet, self._client
        p.setGravity(0, 0, -9.81, physicsClientId=c)
        # Overlapping pairs in a fixed order: without it an episode depends on the one before it.
        # The cone has no preferred axis, as Bullet's friction pyramid has.
        p.setPhysicsEngineParameter(
            fixedTimeStep=step,
            numSolverIterations=SOLVER_ITERATIONS,
            deterministicOverlappingPairs=1,
            enableConeFriction=1,
            physicsClientId=c,
        )

    def _make_ground(self) -> None:
        p, c = pybullet, self._client
        # To walk on, a box: a plane has no end, so that each of the robot's shapes is tested
        # against it in every step, a fifth of the step's time. The plane is what is seen.
        shape = p.createCollisionShape(
            p.GEOM_BOX, halfExtents=[_GROUND, _GROUND, 0.5 * SLAB_THICKNESS], physicsClientId=c
        )
        buried = p.createVisualShape(p.GEOM_SPHERE, radius=0.01, physicsClientId=c)
        ground = p.createMultiBody(
            0,
            shape,
            buried,
            [0, 0, -0.5 * SLAB_THICKNESS],
            useMaximalCoordinates=1,
            physicsClientId=c,
        )
        p.changeDynamics(ground, -1, lateralFriction=1.0, physicsClientId=c)
        plane = p.createMultiBody(
            0, p.createCollisionShape(p.GEOM_PLANE, physicsClientId=c), physicsClientId=c
        )
        p.setCollisionFilterGroupMask(plane, -1, 0, 0, physicsClientId=c)

    def _bind(self) -> None:
        p = pybullet
        c = self._client
        robot = self._robot
        infos = [
            p.getJointInfo(robot, i, physicsClientId=c)
            for i in range(p.getNumJoints(robot, physicsClientId=c))
        ]
        by_joint = {info[1].decode(): info[0] for info in infos}
        hinges = [name for name in self.spec.joint_names if name not in self.spec.drives]
        missing = set(hinges) - set(by_joint)
        if missing:
            raise RuntimeError(
                f"{self.spec.urdf.name} has no joint {sorted(missing)}; its joints are "
                f"{sorted(by_joint)}"
            )
        self._joints = [by_joint[name] for name in hinges]
        self.links = {"base": -1} | {info[12].decode(): info[0] for info in infos}
        dynamics = {
            link: p.getDynamicsInfo(robot, link, physicsClientId=c) for link in self.links.values()
        }
        limbs = self.spec.limbs
        self._belts = Belts(limbs, self._step) if isinstance(limbs, TrackGeometry) else None
        self._wheels = [by_joint[name] for name in self._belts.wheels] if self._belts else []
        # Positive angles of a flipper lift its tip, so front ones turn about -y.
        self._turns = (
            np.array([infos[index][13][1] for index in self._joints])
            if self._belts
            else np.zeros(0)
        )
        self._grip = dict.fromkeys(self.links.values(), 1.0)
        if isinstance(limbs, TrackGeometry):
            self._grip[-1] = limbs.belly_grip
        rotors = dict(zip(self._joints, self.spec.rotor_inertia, strict=False))
        if self._belts:
            rotors |= dict(zip(self._wheels, self._belts.rotors, strict=True))
        self._mass = {link: info[0] for link, info in dynamics.items()}
        self._inertia = {link: info[2] for link, info in dynamics.items()}
        self.base_com = np.array(dynamics[-1][3])
        """Centre of mass of the base link in the base frame [m], (3,): Bullet reports poses of this
        point.
        """
        # The motors' rotors, geared up, resist a joint's acceleration. Bullet has no such term;
        # added to the link's inertia about its joint's axis it is exact for that joint.
        for info in infos:
            axis = np.abs(np.array(info[13])) * rotors.get(info[0], 0.0)
            self._inertia[info[0]] = tuple(np.add(self._inertia[info[0]], axis))
            p.changeDynamics(
                robot, info[0], localInertiaDiagonal=self._inertia[info[0]], physicsClientId=c
            )
        for link in self.links.values():
            p.changeDynamics(
                robot,
                link,
                linearDamping=0.0,
                angularDamping=0.0,
                jointDamping=0.0,
                physicsClientId=c,
            )
            # A robot does not collide with itself. Told so here, Bullet does not keep and look
            # through the pairs of its links that are near each other: a tenth to a fifth of a
            # step's time.
            p.setCollisionFilterGroupMask(robot, link, _ROBOT, _STATIC, physicsClientId=c)
        # A joint's default motor would hold it. Bounded by 0.2 N m it would be the joint's Coulomb
        # friction, but doubles the time of a step: `actuators` adds friction instead.
        driven = self._joints + self._wheels
        p.setJointMotorControlArray(
            robot, driven, p.VELOCITY_CONTROL, forces=[0.0] * len(driven), physicsClientId=c
        )

    def close(self) -> None:
        """Free the client. The world cannot be used afterwards."""
        if self._client >= 0:
            pybullet.disconnect(self._client)
            self._client = -1

    def place(self, stairs: Staircase) -> None:
        """Move the slabs so that they form `stairs`; slabs are made when a flight first needs them,
        always after the robot, so that their order never differs.
        """
        boxes = stairs.boxes if stairs.riser > 0.0 else []
        # Plain flights share their slabs; what overhangs or stands free has plates of its own.
        sizes: set[tuple[float, ...]] = (
            {(stairs.width, box.length, box.thickness) for box in boxes}
            if stairs.nosing or stairs.open_risers
            else {(stairs.width,)}
        )
        if sizes != self._sizes or len(sizes) > 1:
            self._drop_slabs(sizes)
        self._slabs += [
            self._make_slab(box, stairs.width, k)
            for k, box in enumerate(boxes)
            if k >= len(self._slabs)
        ]
        for k, slab in enumerate(self._slabs):
            box = (
                boxes[k]
                if k < len(boxes)
                else Box(start=0.0, length=0.0, top=_PARKED, thickness=0.0)
            )
            centre = (box.start + 0.5 * box.length, 0.0, box.top - 0.5 * box.thickness)
            pybullet.resetBasePositionAndOrientation(
                slab, centre, (0, 0, 0, 1), physicsClientId=self._client
            )

    def _drop_slabs(self, sizes: set[tuple[float, ...]]) -> None:
        for slab in self._slabs:
            pybullet.removeBody(slab, physicsClientId=self._client)
        self._slabs = []
        self._sizes = sizes

    def _make_slab(self, box: Box, width: float, number: int) -> int:
        p, c = pybullet, self._client
        shade = 0.62 if number % 2 else 0.72
        color = [shade, shade, shade * 0.95, 1]
        half = [0.5 * box.length, 0.5 * width, 0.5 * box.thickness]
        shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=half, physicsClientId=c)
        visual = p.createVisualShape(
            p.GEOM_BOX, halfExtents=half, rgbaColor=color, physicsClientId=c
        )
        # Maximal coordinates: a plain rigid body, which costs half of what a multibody does in
        # every step.
        slab = p.createMultiBody(
            0, shape, visual, [0, 0, _PARKED], useMaximalCoordinates=1, physicsClientId=c
        )
        p.changeDynamics(slab, -1, lateralFriction=1.0, physicsClientId=c)
        return int(slab)

    def reset(
        self, position: Sequence[float], quaternion: Sequence[float], joints: Sequence[float]
    ) -> None:
        """Put the robot at rest: base frame origin in the world [m], attitude xyzw, joint positions
        [rad].
        """
        p = pybullet
        c = self._client
        robot = self._robot
        # Contacts of the episode before would warm-start the solver. Away from everything they are
        # dropped, and an episode depends on nothing but itself.
        p.resetBasePositionAndOrientation(robot, (0, 0, _AWAY), (0, 0, 0, 1), physicsClientId=c)
        p.performCollisionDetection(physicsClientId=c)
        com, _ = p.multiplyTransforms(position, quaternion, self.base_com.tolist(), (0, 0, 0, 1))
        p.resetBasePositionAndOrientation(robot, com, quaternion, physicsClientId=c)
        p.resetBaseVelocity(robot, (0, 0, 0), (0, 0, 0), physicsClientId=c)
        angles = [[q] for q in joints[: len(self._joints)]] + [[0.0]] * len(self._wheels)
        p.resetJointStatesMultiDof(
            robot, self._joints + self._wheels, angles, [[0.0]] * len(angles), physicsClientId=c
        )
        if self._belts:
            self._belts.reset()

    def set_friction(self, friction: float) -> None:
        """Coulomb coefficient between the robot's feet or tracks and the ground (the ground's own
        is 1, and Bullet multiplies).
        """
        for link, grip in self._grip.items():
            pybullet.changeDynamics(
                self._robot, link, lateralFriction=friction * grip, physicsClientId=self._client
            )

    def set_payload(self, base: float, carriers: Sequence[float]) -> None:
        """Mass [kg] added to the base link, and to each of `spec.payload_links`; inertias of the
        links stay.
        """
        extra = {-1: base} | {
            self.links[name]: mass
            for name, mass in zip(self.spec.payload_links, carriers, strict=True)
        }
        for link, mass in extra.items():
            pybullet.changeDynamics(
                self._robot,
                link,
                mass=self._mass[link] + mass,
                localInertiaDiagonal=self._inertia[link],
                physicsClientId=self._client,
            )

    def push(self, velocity: Sequence[float]) -> None:
        """Change the base's velocity by `velocity` [m/s] in the world at once: a shove."""
        linear, angular = pybullet.getBaseVelocity(self._robot, physicsClientId=self._client)
        pushed = [a + b for a, b in zip(linear, velocity, strict=True)]
        pybullet.resetBaseVelocity(self._robot, pushed, angular, physicsClientId=self._client)

    def step(self, torque: list[float]) -> None:
        """Hold `torque` [N m] for one physics step."""
        if self._belts:
            hinges = len(self._joints)
            torque = torque[:hinges] + self._belts.drive(torque[hinges:], *self._spins()).tolist()
        pybullet.setJointMotorControlArray(
            self._robot,
            self._joints + self._wheels,
            pybullet.TORQUE_CONTROL,
            forces=torque,
            physicsClientId=self._client,
        )
        pybullet.stepSimulation(physicsClientId=self._client)

    def _spins(self) -> tuple[float, Array]:
        """Pitch rate of the base (nose down is positive), and of each wheel of the tracks in the
        same frame, (W,) [rad/s].
        """
        p, c = pybullet, self._client
        _, (x, y, z, w) = p.getBasePositionAndOrientation(self._robot, physicsClientId=c)
        _, spin = p.getBaseVelocity(self._robot, physicsClientId=c)
        pitch = (
            2 * (x * y - z * w) * spin[0]
            + (1 - 2 * (x * x + z * z)) * spin[1]
            + 2 * (y * z + x * w) * spin[2]
        )
        rates = np.array(
            [
                state[1]
                for state in p.getJointStates(
                    self._robot, self._joints + self._wheels, physicsClientId=c
                )
            ]
        )
        hinges = len(self._joints)
        arms = pitch + self._turns * rates[:hinges]
        return pitch, rates[hinges:] + np.repeat(arms, len(self._wheels) // hinges)

    def joints(self) -> list[tuple[float, float]]:
        """Position [rad] and velocity [rad/s] of each joint."""
        row = self.joint_row()
        return list(zip(row[::2], row[1::2], strict=True))

    def joint_row(self) -> list[float]:
        """The same as one list, (2 J): position and velocity of the first joint, then of the next.
        The quickest that Bullet can be asked.
        """
        row: list[float] = []
        for position, velocity, _, _ in pybullet.getJointStates(
            self._robot, self._joints, physicsClientId=self._client
        ):
            row += (position, velocity)
        if self._belts:
            row += [number for state in self._belts.state() for number in state]
        return row

    def state_index(self) -> tuple[list[int], list[int]]:
        """Where Bullet has the joints' positions, and their velocities, in the state of the
        robot.
        """
        infos = [
            pybullet.getJointInfo(self._robot, joint, physicsClientId=self._client)
            for joint in self._joints
        ]
        return [info[3] for info in infos], [info[4] for info in infos]

    def load_plugin(self, library: Path) -> int:
        """Load a plugin of Bullet's. Returns Bullet's number of the robot.

        Raises:
            RuntimeError: Bullet does not take it.
        """
        if pybullet.loadPlugin(str(library), physicsClientId=self._client) < 0:
            raise RuntimeError(f"Bullet cannot load {library}; remove it to do without")
        return int(self._robot)

    def track_load(self) -> Array:
        """What the ground took from each track's drive in the last physics step [N m], (T,); of a
        robot without tracks, (0,).
        """
        return self._belts.load if self._belts else np.zeros(0)

    def base(self) -> tuple[float, ...]:
        """Of the base link's centre of mass, in the world, 13 numbers: position [m], quaternion
        xyzw, velocity [m/s], angular velocity [rad/s].
        """
        position, quaternion = pybullet.getBasePositionAndOrientation(
            self._robot, physicsClientId=self._client
        )
        linear, angular = pybullet.getBaseVelocity(self._robot, physicsClientId=self._client)
        return (*position, *quaternion, *linear, *angular)

    def ray_height(self, x: float, y: float) -> float:
        """Height [m] of the first thing that a ray from above meets, robot excluded by the caller's
        placing it elsewhere.
        """
        (hit,) = pybullet.rayTestBatch(
            [(x, y, 10.0)], [(x, y, -10.0)], physicsClientId=self._client
        )
        return float(hit[3][2])

    def link_facts(self) -> dict[str, dict[str, float]]:
        """What Bullet holds of each link: mass [kg], inertia about the joint's axes [kg m2],
        friction.
        """
        info = {
            name: pybullet.getDynamicsInfo(self._robot, link, physicsClientId=self._client)
            for name, link in self.links.items()
        }
        return {
            name: {"mass": d[0], "friction": d[1], "ixx": d[2][0], "iyy": d[2][1], "izz": d[2][2]}
            for name, d in info.items()
        }

    def joint_facts(self) -> dict[str, dict[str, float]]:
        """What Bullet holds of each joint: limits [rad], torque [N m], speed [rad/s]."""
        infos = [
            pybullet.getJointInfo(self._robot, j, physicsClientId=self._client)
            for j in self._joints
        ]
        return {
            i[1].decode(): {"lower": i[8], "upper": i[9], "torque": i[10], "speed": i[11]}
            for i in infos
        }

    def picture(self, camera: Camera, size: tuple[int, int]) -> NDArray[np.uint8]:
        """RGB picture, (height, width, 3), by the software renderer: needs no display."""
        p, c = pybullet, self._client
        view = p.computeViewMatrixFromYawPitchRoll(
            camera.target, camera.distance, camera.yaw, camera.pitch, 0, 2
        )
        projection = p.computeProjectionMatrixFOV(50, size[0] / size[1], 0.1, 20)
        image = p.getCameraImage(
            *size,
            view,
            projection,
            lightDirection=[-2, -3, 4],
            shadow=0,
            renderer=p.ER_TINY_RENDERER,
            physicsClientId=c,
        )
        return np.reshape(np.asarray(image[2], dtype=np.uint8), (size[1], size[0], 4))[
            ..., :3
        ].copy()
