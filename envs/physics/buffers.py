"""The arrays in which a control step of E robots is worked out: shared by the loop in Python and
the stepper in C, which keeps their addresses.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.physics.state import BASE_SIZE

Array = NDArray[np.float64]


class Buffers(NamedTuple):
    """For E robots with J joints and control steps of S physics steps. Write into the arrays, never
    replace them.
    """

    at_rest: Array
    """What `Actuators.torque` gets for each physics step [N m], (S, E, J)."""
    motor: Array
    """Torques of the motors [N m], (E, S, J)."""
    speeds: Array
    """Speeds of the joints at which the motors were asked [rad/s], (E, S, J)."""
    joint_state: Array
    """Position [rad] and velocity [rad/s] of each joint after the step, (E, J, 2)."""
    base: Array
    """The bases after the step, (E, 13), as `World.base` gives them."""


def empty(count: int, substeps: int, joints: int) -> Buffers:
    """Buffers of zeros."""
    return Buffers(
        at_rest=np.zeros((substeps, count, joints)),
        motor=np.zeros((count, substeps, joints)),
        speeds=np.zeros((count, substeps, joints)),
        joint_state=np.zeros((count, joints, 2)),
        base=np.zeros((count, BASE_SIZE)),
    )
