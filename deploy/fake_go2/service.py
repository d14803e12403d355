"""The robot's own motion service: it holds the robot standing until somebody lets it lie down and
releases it.
"""

import json

import numpy as np

from deploy.runtime.link import MotorCommand
from deploy.runtime.links.go2_messages import CHECK_MODE, RELEASE_MODE, STAND_DOWN
from deploy.simulation.body import Array
from envs.robots.spec import RobotSpec

NAME = "normal"
"""Name of the service that is active when a Go2 is switched on."""
LYING_DOWN = 1.5
"""Time that lying down takes [s]."""
NOT_IMPLEMENTED = 3203
"""Code of an answer; the SDK's name for it is "API not implemented"."""


class MotionService:
    """The motion switcher and the sport service in one. Time is in seconds of the caller's."""

    def __init__(self, spec: RobotSpec) -> None:
        self._spec = spec
        self._start = np.array(spec.stance)
        self._goal = self._start
        self._since = -np.inf
        self.active = True

    def lie_down(self, joints: Array, now: float) -> None:
        """Fold the legs, from where the joints are [rad], (J,)."""
        self._start = joints.copy()
        self._goal = np.array(self._spec.folded)
        self._since = now

    def answer(self, what: int, joints: Array, now: float) -> tuple[int, str]:
        """Code (0: done) and data of the answer to a request."""
        if what == CHECK_MODE:
            return 0, json.dumps({"form": "0", "name": NAME if self.active else ""})
        if what == RELEASE_MODE:
            self.active = False
        elif what == STAND_DOWN and self.active:
            self.lie_down(joints, now)
        else:
            return NOT_IMPLEMENTED, ""
        return 0, ""

    def command(self, now: float) -> MotorCommand:
        """What it tells the motors."""
        done = min(1.0, (now - self._since) / LYING_DOWN)
        position = (self._start + done * (self._goal - self._start)).astype(np.float32)
        zero = np.zeros_like(position)
        return MotorCommand(
            position=position,
            velocity=zero,
            torque=zero,
            kp=np.array(self._spec.kp, np.float32),
            kd=np.array(self._spec.kd, np.float32),
        )
