"""One physics client with one robot and one movable staircase."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pybullet
from numpy.typing import NDArray

from envs.physics import camera
from envs.physics.binding import bind
from envs.physics.camera import Camera, can_open_window
from envs.physics.slabs import Slabs, make_ground
from envs.physics.tracks import TrackModel
from envs.robots.spec import RobotSpec
from envs.robots.tracks import TrackGeometry
from envs.task.staircase import Staircase

Array = NDArray[np.float64]

SOLVER_ITERATIONS = 20
"""Iterations of Bullet's constraint solver in each physics step."""
_AWAY = 100.0
"""Height at which nothing touches the robot [m]."""


def bullet() -> tuple[bytes, int]:
    """File of the loaded Bullet library, and the version of its plugin interface."""
    return str(pybullet.__file__).encode(), int(pybullet.getAPIVersion())


def _configure(client: int, step: float) -> None:
    p, c = pybullet, client
    p.setGravity(0, 0, -9.81, physicsClientId=c)
    # Without a fixed order of overlapping pairs, an episode depends on the one before it. A
    # friction cone has no preferred axis, as Bullet's friction pyramid has.
    p.setPhysicsEngineParameter(
        fixedTimeStep=step,
        numSolverIterations=SOLVER_ITERATIONS,
        deterministicOverlappingPairs=1,
        enableConeFriction=1,
        physicsClientId=c,
    )


class World:
    """A robot on a staircase. Joint arrays follow `spec.joint_names`; quaternions are xyzw.

    Args:
        spec: the robot.
        gui: open Bullet's own window.
        step: physics step [s]; that of `spec` if left out.

    Attributes:
        client: Bullet's number of this client; negative once it is closed.
        robot: Bullet's number of the robot.
        bound: the parts of the robot.

    Raises:
        RuntimeError: there is no display for the window, or the URDF lacks joints of `spec`.
    """

    def __init__(self, spec: RobotSpec, gui: bool = False, step: float | None = None) -> None:
        if gui and not can_open_window():
            raise RuntimeError(
                "there is no display for a window; use render_mode='rgb_array', or set DISPLAY"
            )
        step = step or spec.physics_step
        self.spec = spec
        self.client = pybullet.connect(pybullet.GUI if gui else pybullet.DIRECT)
        _configure(self.client, step)
        make_ground(self.client)
        self._slabs = Slabs(self.client)
        # Without this flag Bullet replaces the inertias of the file by those of the collision
        # shapes.
        self.robot = pybullet.loadURDF(
            str(spec.urdf), flags=pybullet.URDF_USE_INERTIA_FROM_FILE, physicsClientId=self.client
        )
        limbs = spec.limbs
        self._tracks = TrackModel(limbs, step) if isinstance(limbs, TrackGeometry) else None
        self.bound = bind(self.client, self.robot, spec, self._tracks)
        self._driven = self.bound.joints + self.bound.wheels

    @property
    def links(self) -> dict[str, int]:
        """Bullet's numbers of the links, by name."""
        return self.bound.links

    @property
    def base_com(self) -> Array:
        """Centre of mass of the base link in the base frame [m], (3,): Bullet reports its pose."""
        return self.bound.base_com

    def close(self) -> None:
        """Disconnect the client. The world cannot be used afterwards."""
        if self.client >= 0:
            pybullet.disconnect(self.client)
            self.client = -1

    def place(self, stairs: Staircase) -> None:
        """Move the ground so that it forms `stairs`."""
        self._slabs.place(stairs)

    def reset(
        self, position: Sequence[float], quaternion: Sequence[float], joints: Sequence[float]
    ) -> None:
        """Put the robot at rest.

        Args:
            position: origin of the base frame in the world [m], (3,).
            quaternion: attitude of the base, xyzw.
            joints: joint positions [rad], (J,).
        """
        p, c = pybullet, self.client
        robot = self.robot
        # Contacts of the previous episode would warm-start the solver. High above the ground they
        # are dropped, so that an episode depends on nothing but itself.
        p.resetBasePositionAndOrientation(robot, (0, 0, _AWAY), (0, 0, 0, 1), physicsClientId=c)
        p.performCollisionDetection(physicsClientId=c)
        com, _ = p.multiplyTransforms(position, quaternion, self.base_com.tolist(), (0, 0, 0, 1))
        p.resetBasePositionAndOrientation(robot, com, quaternion, physicsClientId=c)
        p.resetBaseVelocity(robot, (0, 0, 0), (0, 0, 0), physicsClientId=c)
        angles = [[q] for q in joints[: len(self.bound.joints)]] + [[0.0]] * len(self.bound.wheels)
        p.resetJointStatesMultiDof(
            robot, self._driven, angles, [[0.0]] * len(angles), physicsClientId=c
        )
        if self._tracks:
            self._tracks.reset()

    def set_friction(self, friction: float) -> None:
        """Set the Coulomb coefficient of the feet or tracks; that of the ground is 1."""
        for link, grip in self.bound.grip.items():
            pybullet.changeDynamics(
                self.robot, link, lateralFriction=friction * grip, physicsClientId=self.client
            )

    def set_payload(self, base: float, carriers: Sequence[float]) -> None:
        """Add mass [kg] to the base link and to each of `spec.payload_links`; inertias stay."""
        extra = {-1: base} | {
            self.links[name]: mass
            for name, mass in zip(self.spec.payload_links, carriers, strict=True)
        }
        for link, mass in extra.items():
            pybullet.changeDynamics(
                self.robot,
                link,
                mass=self.bound.mass[link] + mass,
                localInertiaDiagonal=self.bound.inertia[link],
                physicsClientId=self.client,
            )

    def push(self, velocity: Sequence[float]) -> None:
        """Change the base velocity at once by `velocity` [m/s] in the world."""
        linear, angular = pybullet.getBaseVelocity(self.robot, physicsClientId=self.client)
        pushed = [a + b for a, b in zip(linear, velocity, strict=True)]
        pybullet.resetBaseVelocity(self.robot, pushed, angular, physicsClientId=self.client)

    def step(self, torque: list[float]) -> None:
        """Advance by one physics step under `torque` [N m], (J,)."""
        if self._tracks:
            hinges = len(self.bound.joints)
            torque = torque[:hinges] + self._tracks.drive(torque[hinges:], *self._spins()).tolist()
        pybullet.setJointMotorControlArray(
            self.robot,
            self._driven,
            pybullet.TORQUE_CONTROL,
            forces=torque,
            physicsClientId=self.client,
        )
        pybullet.stepSimulation(physicsClientId=self.client)

    def _spins(self) -> tuple[float, Array]:
        """Pitch rate of the base, and of each wheel of the tracks in the same frame, (W,) [rad/s].

        Nose down is positive.
        """
        p, c = pybullet, self.client
        _, (x, y, z, w) = p.getBasePositionAndOrientation(self.robot, physicsClientId=c)
        _, spin = p.getBaseVelocity(self.robot, physicsClientId=c)
        pitch = (
            2 * (x * y - z * w) * spin[0]
            + (1 - 2 * (x * x + z * z)) * spin[1]
            + 2 * (y * z + x * w) * spin[2]
        )
        rates = np.array(
            [state[1] for state in p.getJointStates(self.robot, self._driven, physicsClientId=c)]
        )
        hinges = len(self.bound.joints)
        arms = pitch + self.bound.flipper_sign * rates[:hinges]
        return pitch, rates[hinges:] + np.repeat(arms, len(self.bound.wheels) // hinges)

    def joints(self) -> list[tuple[float, float]]:
        """Position [rad] and velocity [rad/s] of each joint."""
        row = self.joint_row()
        return list(zip(row[::2], row[1::2], strict=True))

    def joint_row(self) -> list[float]:
        """Positions [rad] and velocities [rad/s] of the joints in one list, (2 J).

        The order is position and velocity of the first joint, then of the next. This is the
        quickest way to ask Bullet.
        """
        row: list[float] = []
        for position, velocity, _, _ in pybullet.getJointStates(
            self.robot, self.bound.joints, physicsClientId=self.client
        ):
            row += (position, velocity)
        if self._tracks:
            row += [number for state in self._tracks.state() for number in state]
        return row

    def state_index(self) -> tuple[list[int], list[int]]:
        """Indices of the joints' positions and velocities in Bullet's state of the robot."""
        infos = [
            pybullet.getJointInfo(self.robot, joint, physicsClientId=self.client)
            for joint in self.bound.joints
        ]
        return [info[3] for info in infos], [info[4] for info in infos]

    def load_plugin(self, library: Path) -> int:
        """Load a plugin into Bullet. Returns Bullet's number of the robot.

        Raises:
            RuntimeError: Bullet does not accept the plugin.
        """
        if pybullet.loadPlugin(str(library), physicsClientId=self.client) < 0:
            raise RuntimeError(f"Bullet cannot load {library}; remove it to do without")
        return int(self.robot)

    def track_load(self) -> Array:
        """Load of the ground on each track's drive in the last step [N m], (T,); T may be 0."""
        return self._tracks.load if self._tracks else np.zeros(0)

    def base(self) -> tuple[float, ...]:
        """State of the base link's centre of mass in the world, 13 numbers.

        Position [m], quaternion xyzw, velocity [m/s], angular velocity [rad/s].
        """
        position, quaternion = pybullet.getBasePositionAndOrientation(
            self.robot, physicsClientId=self.client
        )
        linear, angular = pybullet.getBaseVelocity(self.robot, physicsClientId=self.client)
        return (*position, *quaternion, *linear, *angular)

    def picture(self, view: Camera, size: tuple[int, int]) -> NDArray[np.uint8]:
        """RGB picture (height, width, 3); `size` is (width, height)."""
        return camera.picture(self.client, view, size)
