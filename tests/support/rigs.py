"""A tracked robot on bare physics: no controller, no randomisation."""

import math

import numpy as np
import pybullet

from envs.physics.motors import Actuators, Command
from envs.physics.world import World
from envs.robots.tracked import TRACKED

TRACKS = TRACKED.tracks
FLAT = (-TRACKS.lean,) * 4
"""Flippers [rad] with their tracks on the ground from tip to tip."""
UP = (1.5,) * 4
GAUGE = 2 * TRACKS.axis_in_base[0][1]
"""Between left and right tracks [m]."""


class Rig:
    """The robot at rest at the origin.

    Args:
        friction: between tracks and ground.
        slope: angle of the ground along x and along y [rad]; it is gravity that is turned.
        flippers: their angles [rad].
        height: of the ground under the robot [m].
    """

    def __init__(
        self,
        friction: float = 0.8,
        slope: tuple[float, float] = (0.0, 0.0),
        flippers: tuple[float, ...] = FLAT,
        height: float = 0.0,
    ) -> None:
        self.world = World(TRACKED)
        self.client = self.world.client
        self._drives = Actuators(TRACKED, 1)
        self._flippers = flippers
        along, aside = (9.81 * math.sin(angle) for angle in slope)
        pybullet.setGravity(
            -along, -aside, -math.sqrt(9.81**2 - along**2 - aside**2), physicsClientId=self.client
        )
        self.world.set_friction(friction)
        self.world.reset((0.0, 0.0, height + TRACKS.radius), (0, 0, 0, 1), (*flippers, 0.0, 0.0))

    def slab(self, start: float, length: float, top: float) -> None:
        """Solid ground [m] from `start` along x."""
        half = (0.5 * length, 1.0, 0.25)
        shape = pybullet.createCollisionShape(
            pybullet.GEOM_BOX, halfExtents=half, physicsClientId=self.client
        )
        pybullet.createMultiBody(
            0, shape, -1, (start + half[0], 0.0, top - half[2]), physicsClientId=self.client
        )

    def drive(self, left: float, right: float, seconds: float) -> np.ndarray:
        """Run the tracks at these speeds [m/s]. Returns the final state of the base.

        The state is that of the centre of mass: position, attitude, velocities (13,).
        """
        speeds = np.array([[0, 0, 0, 0, left / TRACKS.radius, right / TRACKS.radius]])
        wanted = self._drives.wanted_at_rest(
            Command(np.array([[*self._flippers, 0.0, 0.0]]), speeds, np.zeros((1, 6)))
        )[0]
        for _ in range(round(seconds / TRACKED.physics_step)):
            position, velocity = np.array(self.world.joints()).T
            self.world.step(self._drives.torque(0, wanted, position, velocity)[1].tolist())
        return np.array(self.world.base())

    def close(self) -> None:
        """Free the physics client."""
        self.world.close()
