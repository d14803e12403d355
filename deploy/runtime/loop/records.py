"""What a black box keeps of each tick."""

from __future__ import annotations

import numpy as np

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.link import MotorCommand
from deploy.runtime.loop.blackbox import Fields
from deploy.runtime.safety import guards, machine
from deploy.runtime.safety.control import Inputs, Outcome

MEASURED = ("joint_position", "joint_velocity", "joint_torque", "temperature")
FLAGS = {guard.name: 1 << bit for bit, guard in enumerate(guards.GUARDS)}


def fields(joints: int) -> Fields:
    """Fields of a record, as numpy describes them.

    Units and frames are as in `link.py`, times in seconds of the link's clock.

    "took" is from the beginning of the tick to its command being handed over, "state" a number of
    `machine.STATES`, "trips" a bit for each guard of the table.
    """
    times = [(name, "<f8") for name in ("now", "received")] + [
        (name, "<f4") for name in ("late", "took", "map_age")
    ]
    said = [
        ("state", "u1"),
        ("refused", "u1"),
        ("trips", "<u4"),
        ("tick", "<u4"),
        ("speed", "<f4"),
        ("turn", "<f4"),
        ("battery", "<f4"),
    ]
    arrays = [
        ("quaternion", "<f4", 4),
        ("angular_velocity", "<f4", 3),
        *((name, "<f4", joints) for name in MEASURED),
    ]
    return [
        *times,
        *said,
        *arrays,
        *((f"commanded_{name}", "<f4", joints) for name in MotorCommand._fields),
    ]


def about(manifest: Manifest) -> dict[str, object]:
    """What the black box's first block says beside the fields."""
    named = {
        "bundle": manifest.name,
        "version": manifest.version,
        "robot": manifest.robot,
        "period": manifest.control_period,
    }
    return {
        **named,
        "joints": manifest.joint_names,
        "states": machine.STATES,
        "guards": [guard.name for guard in guards.GUARDS],
    }


def record(manifest: Manifest, inputs: Inputs, outcome: Outcome, took: float) -> tuple[object, ...]:
    """The values of `fields`."""
    state = inputs.state
    ground = inputs.ground
    map_age = np.inf if ground is None else inputs.now - ground.received
    trips = sum(FLAGS[trip.name] for trip in outcome.trips)
    said = (machine.STATES.index(outcome.state), outcome.refused, trips)
    if state is None:
        gap = tuple(
            np.full(size, np.nan, np.float32)
            for size in (4, 3, *[len(manifest.joint_names)] * len(MEASURED))
        )
        return (
            inputs.now,
            np.nan,
            inputs.late,
            took,
            map_age,
            *said,
            0,
            *inputs.wish.command,
            np.nan,
            *gap,
            *outcome.command,
        )
    measured = (
        state.quaternion,
        state.angular_velocity,
        *(getattr(state, name) for name in MEASURED),
    )
    return (
        inputs.now,
        state.received,
        inputs.late,
        took,
        map_age,
        *said,
        state.tick,
        *inputs.wish.command,
        state.battery,
        *measured,
        *outcome.command,
    )
