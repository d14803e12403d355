"""The arrays of a control step of E robots.

The loop in Python and the stepper in C share them; the stepper keeps their addresses.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.physics.state import BASE_SIZE

Array = NDArray[np.float64]


class Buffers(NamedTuple):
    """Arrays of E robots with J joints, for control steps of S physics steps.

    Write into the arrays, never replace them.
    """

    at_rest: Array
    """Input of `Actuators.torque` for each physics step [N m], (S, E, J)."""
    motor: Array
    """Torques of the motors [N m], (E, S, J)."""
    speeds: Array
    """Joint speeds for which the torques were computed [rad/s], (E, S, J)."""
    joint_state: Array
    """Position [rad] and velocity [rad/s] of each joint after the control step, (E, J, 2)."""
    base: Array
    """State of the bases after the control step, (E, 13), in the form of `World.base`."""


def empty(count: int, substeps: int, joints: int) -> Buffers:
    """Buffers of zeros."""
    return Buffers(
        at_rest=np.zeros((substeps, count, joints)),
        motor=np.zeros((count, substeps, joints)),
        speeds=np.zeros((count, substeps, joints)),
        joint_state=np.zeros((count, joints, 2)),
        base=np.zeros((count, BASE_SIZE)),
    )
