"""The motor drivers of one robot, for any physics engine: `envs.physics.motors` behind commands
that name their gains and come late.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from deploy.runtime.link import MotorCommand
from envs.physics.motors import Actuators, Command
from envs.robots.spec import RobotSpec
from envs.task.randomization import Values

Array = NDArray[np.float64]


class Drives:
    """Motor drivers with the deviations that an episode's `values` draw; called once a physics step
    of `period` seconds.
    """

    def __init__(self, spec: RobotSpec, values: Values, period: float) -> None:
        self._drives = Actuators(spec, 1)
        self._drives.strength[0] = values["strength"]
        self._drives.zero_offset[0] = values["zero_offset"]
        self._kp = values["kp"]
        self._kd = values["kd"]
        self._late: deque[MotorCommand] = deque(
            maxlen=1 + round(float(values["delay"][0]) / period)
        )

    def torque(
        self, command: MotorCommand, position: Array, velocity: Array
    ) -> tuple[Array, Array]:
        """Torque of the motors and torque at the joints [N m], each (J,), with the joints truly at
        `position` [rad] and `velocity` [rad/s].
        """
        self._late.append(command)
        due = self._late[0]
        self._drives.kp[0] = self._kp * due.kp
        self._drives.kd[0] = self._kd * due.kd
        at_rest = self._drives.wanted_at_rest(
            Command(*(np.asarray(part, np.float64)[None] for part in due[:3]))
        )
        return self._drives.torque(0, at_rest[0], position, velocity)
