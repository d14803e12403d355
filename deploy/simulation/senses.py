"""What a robot's sensors say of a body, as `envs.sensing.measurement` errs: the messages that a
link carries.
"""

import numpy as np

from deploy.runtime.link import HeightMapMessage, Remote, RobotState
from deploy.simulation.body import Array, Truth
from envs import frames
from envs.robots.spec import RobotSpec
from envs.sensing import measurement
from envs.task.scenario import Scenario
from envs.task.staircase import Terrain

TEMPERATURE = 30.0
"""Temperature of motors that do nothing all day [degC]."""


class Senses:
    """Sensors of one robot; noise is drawn anew at each reading, of which there should be one a
    control step.
    """

    def __init__(
        self, spec: RobotSpec, scenario: Scenario, rng: np.random.Generator, truth: Truth
    ) -> None:
        self._rng = rng
        self._zero_offset = scenario.values["zero_offset"][None]
        self._terrain = Terrain(1)
        self._terrain.place(0, scenario.stairs)
        self._sensing = measurement.Sensing(1, len(spec.joint_names), spec.control_step)
        self._sensing.reset(0, scenario.values, truth.position, heading(truth.quaternion))

    def read(self, truth: Truth, now: float, remote: Remote) -> tuple[RobotState, HeightMapMessage]:
        """The robot's messages at `now` [s] of the link's clock."""
        said = self._sensing.measure(
            slice(None),
            _batch_of_one(truth),
            self._zero_offset,
            np.zeros((1, 2)),
            self._terrain,
            [self._rng],
        )
        gravity, gyro, position, velocity, _, heights = (part[0].numpy() for part in said)
        quaternion = attitude(gravity.astype(np.float64), heading(truth.quaternion)).astype(
            np.float32
        )
        torque = truth.joint_torque.astype(np.float32)
        state = RobotState(
            tick=round(1e3 * now) % 2**32,
            received=now,
            quaternion=quaternion,
            angular_velocity=gyro,
            joint_position=position,
            joint_velocity=velocity,
            joint_torque=torque,
            temperature=np.full_like(torque, TEMPERATURE),
            battery=1.0,
            remote=remote,
        )
        return state, HeightMapMessage(now, heights)


def _batch_of_one(truth: Truth) -> measurement.ExactReading:
    rotation = frames.rotation_matrix(truth.quaternion[None])
    joints = (truth.joint_position[None], truth.joint_velocity[None])
    return measurement.ExactReading(
        truth.position[None],
        np.array([heading(truth.quaternion)]),
        -rotation[:, 2],
        truth.angular_velocity[None],
        *joints,
    )


def heading(quaternion: Array) -> float:
    """Yaw of the x axis of a base with that attitude [rad], 0 along the world's x."""
    forward = frames.rotation_matrix(quaternion[None])[0, :, 0]
    return float(np.arctan2(forward[1], forward[0]))


def attitude(gravity: Array, heading: float) -> Array:
    """Quaternion xyzw, (4,), of a base that feels `gravity`, a unit vector in the base frame, (3,),
    and whose x axis points to `heading` [rad].
    """
    up = -gravity
    roll = np.arctan2(up[1], up[2])
    pitch = np.arctan2(-up[0], np.hypot(up[1], up[2]))
    cr, sr, cp, sp, cy, sy = (
        f(0.5 * angle) for angle in (roll, pitch, heading) for f in (np.cos, np.sin)
    )
    return np.array(
        [
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
            cr * cp * cy + sr * sp * sy,
        ]
    )
