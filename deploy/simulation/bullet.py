"""A body in PyBullet: the world in which policies are trained."""

import numpy as np

from deploy.runtime.link import MotorCommand
from deploy.simulation.body import Array, Truth
from deploy.simulation.drives import Drives
from deploy.simulation.scene import Scene
from envs import frames
from envs.physics.world import World
from envs.robots.spec import RobotSpec
from envs.task.scenario import Scenario

PHYSICS_STEP = 0.0025
"""Time of a physics step [s]: half of training's, which rings under the damping of 5 N m s/rad that
a robot may be stood up with.
"""


class BulletBody:
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
        self._world = World(spec, step=self.period)
        self._world.place(scenario.stairs)
        pose = self._scene.start(lying)
        self._world.reset(pose.position.tolist(), pose.quaternion, pose.joints.tolist())
        self._world.set_friction(float(scenario.values["friction"][0]))
        self._world.set_payload(*scenario.payload(spec))
        self._joints = np.array(self._world.joints())

    def advance(self, command: MotorCommand) -> None:
        """One physics step with the motor drivers following `command`."""
        self._motor, torque = self._drives.torque(command, self._joints[:, 0], self._joints[:, 1])
        self._world.step(torque.tolist())
        self._joints = np.array(self._world.joints())

    def truth(self) -> Truth:
        """The state now."""
        base = np.array(self._world.base())
        position, quaternion, velocity, turn = np.split(base, [3, 7, 10])
        rotation = frames.rotation_matrix(quaternion[None])
        # Bullet speaks of the centre of mass.
        offset = frames.to_world(rotation, self._world.base_com[None])[0]
        gyro = frames.to_base(rotation, turn[None])[0]
        return Truth(
            position=position - offset,
            quaternion=quaternion,
            velocity=velocity - np.cross(turn, offset),
            angular_velocity=gyro,
            joint_position=self._joints[:, 0],
            joint_velocity=self._joints[:, 1],
            joint_torque=self._motor,
        )

    def heights(self) -> Array:
        """True ground above the base's origin on the controller's grid [m], level frame, (X, Y)."""
        return self._scene.heights(self.truth())

    def push(self, velocity: Array) -> None:
        """Change the base's velocity by `velocity` [m/s] in the world, (3,)."""
        self._world.push(velocity.tolist())

    def close(self) -> None:
        """Free the engine."""
        self._world.close()
