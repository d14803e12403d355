"""What a robot does without a trained policy: the yardsticks that a policy must beat, which
`envs.families.kinds` names. Observations (E, N) in, actions (E, A) out.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from envs.programs import tracked
from envs.robots.spec import RobotSpec

Observations = NDArray[np.float32]
Baseline = Callable[[Observations], NDArray[np.float32]]


def nothing(actions: int) -> Baseline:
    """Action 0: what the controller does by itself."""
    return lambda seen: np.zeros((len(seen), actions), np.float32)


def fixed_flippers(spec: RobotSpec) -> Baseline:
    """Flippers held flat, as far as an action can hold them against the schedule."""
    places = {}
    start = 0
    for term in tracked.terms(spec):
        places[term.name] = slice(start, start + term.size), term.scale
        start += term.size
    flat = np.array(spec.stance[: len(spec.tracks.names)])
    sizes = np.array([size for _, size, _, _ in tracked.ACTIONS])

    def act(seen: Observations) -> NDArray[np.float32]:
        position, schedule, before = (
            seen[:, places[name][0]] / places[name][1]
            for name in ("flipper_position", "schedule", "action")
        )
        front_left, front_right, rear_left, rear_right = (flat - (position + schedule)).T
        change = np.zeros_like(before)
        change[:, :4] = 0.5 * np.column_stack(
            [
                front_left + front_right,
                rear_left + rear_right,
                front_left - front_right,
                rear_left - rear_right,
            ]
        )
        # The controller smooths actions: what is asked for goes as much too far as smoothing holds
        # back.
        return np.clip(
            before + (change / sizes - before) / tracked.ACTION_SMOOTHING, -1.0, 1.0
        ).astype(np.float32)

    return act
