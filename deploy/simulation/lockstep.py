"""A link to a body whose clock is the body's own: physics goes on when the control loop sleeps, as
fast as the machine can.
"""

from collections.abc import Callable

import numpy as np

from deploy.runtime.link import HeightMapMessage, MotorCommand, Remote, RobotState
from deploy.simulation.body import Body, Truth
from deploy.simulation.senses import Senses

OperatorModel = Callable[[float, Truth], Remote]
"""The operator at the remote control: what is pressed at a time [s], seeing the robot."""


class Lockstep:
    """Link and clock of one simulated robot. `watch` gets time and truth after every sleep."""

    def __init__(
        self,
        body: Body,
        senses: Senses,
        pilot: OperatorModel,
        watch: Callable[[float, Truth], None],
    ) -> None:
        self._body = body
        self._senses = senses
        self._pilot = pilot
        self._watch = watch
        self._steps = 0
        self._state, self._map = self._read()
        zero = np.zeros_like(self._state.joint_position)
        self._command = MotorCommand(position=zero, velocity=zero, torque=zero, kp=zero, kd=zero)

    def now(self) -> float:
        """Seconds since the body was made."""
        return self._steps * self._body.period

    def sleep_until(self, deadline: float) -> None:
        """Advance the body to `deadline` [s], its motors following the last command; before the
        first they are limp.
        """
        steps = max(0, round(deadline / self._body.period) - self._steps)
        for _ in range(steps):
            self._body.advance(self._command)
            self._steps += 1
        if steps:
            self._watch(self.now(), self._body.truth())
            self._state, self._map = self._read()

    def _read(self) -> tuple[RobotState, HeightMapMessage]:
        truth = self._body.truth()
        return self._senses.read(truth, self.now(), self._pilot(self.now(), truth))

    def start(self) -> None:
        """Nothing else controls the robot."""

    def state(self) -> RobotState:
        """The newest message."""
        return self._state

    def height_map(self) -> HeightMapMessage:
        """The newest map."""
        return self._map

    def send(self, command: MotorCommand) -> None:
        """Hand `command` to the motor drivers, which keep it until the next."""
        self._command = command

    def close(self) -> None:
        """Free the engine."""
        self._body.close()
