"""Hostile sensors: whatever they say, no command may leave the limits of the manifest, and the
controller must recover.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from deploy.bundle.artefacts import Artefact
from deploy.runtime.bundle.findings import Finding
from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.bundle.trace import GoldenTrace
from deploy.runtime.safety.limits import violation

Array = NDArray[np.float32]
Reading = tuple[Array, ...]
"""Sensors of one control step, in the manifest's order."""
Probe = Callable[[GoldenTrace, np.random.Generator], Iterator[Reading]]
"""Makes hostile readings from golden traces."""

STEPS = 70
"""Control steps of each named probe."""
RECOVERY = 25
"""Control steps of sound sensors that follow each probe: a whole period of the gait."""
LAG = 10
"""Delay of stale sensors, in control steps."""
JOINT_FIELDS = (2, 3)
"""Indices of joint positions and velocities in a reading."""
SPECIAL = np.array(
    [
        np.nan,
        np.inf,
        -np.inf,
        np.finfo(np.float32).max,
        np.finfo(np.float32).min,
        np.finfo(np.float32).smallest_subnormal,
        0.0,
    ],
    np.float32,
)
"""The worst numbers that there are."""


def permuted_joints(trace: GoldenTrace, rng: np.random.Generator) -> Iterator[Reading]:
    """The joints in another order."""
    for step in range(STEPS):
        reading = trace.reading(step % len(trace))
        order = rng.permutation(len(reading[JOINT_FIELDS[0]]))
        yield tuple(
            part[order] if index in JOINT_FIELDS else part for index, part in enumerate(reading)
        )


def stale_sensors(trace: GoldenTrace, rng: np.random.Generator) -> Iterator[Reading]:
    """Each sensor by turns 0.2 s late, the others up to date."""
    for step in range(STEPS):
        now = trace.reading((step + LAG) % len(trace))
        old = trace.reading(step % len(trace))
        late = rng.integers(len(now))
        yield tuple(old[index] if index == late else part for index, part in enumerate(now))


def frozen_sensors(trace: GoldenTrace, rng: np.random.Generator) -> Iterator[Reading]:
    """The same reading for ever."""
    reading = trace.reading(int(rng.integers(len(trace))))
    for _ in range(STEPS):
        yield reading


def _constant(value: float) -> Probe:
    """Each sensor by turns says nothing but `value`, then all of them do."""

    def probe(trace: GoldenTrace, _: np.random.Generator) -> Iterator[Reading]:
        for step in range(STEPS):
            reading = trace.reading(step % len(trace))
            which = step * (len(reading) + 1) // STEPS
            yield tuple(
                np.full_like(part, value) if which in (index, len(reading)) else part
                for index, part in enumerate(reading)
            )

    return probe


PROBES: dict[str, Probe] = {
    "permuted joints": permuted_joints,
    "stale sensors": stale_sensors,
    "frozen sensors": frozen_sensors,
    "extreme high": _constant(float(SPECIAL[3])),
    "extreme low": _constant(float(SPECIAL[4])),
    "not a number": _constant(np.nan),
    "infinite": _constant(np.inf),
    "minus infinite": _constant(-np.inf),
}
"""Probes by the names that they have in a report."""


def packets(trace: GoldenTrace, rng: np.random.Generator, count: int) -> Iterator[Reading]:
    """Random readings: sound ones scaled over all orders of magnitude, some of their numbers
    replaced by the worst there are.
    """
    for _ in range(count):
        reading = trace.reading(int(rng.integers(len(trace))))
        size = np.float32(10 ** rng.uniform(-6, 38))
        share = rng.choice((0.0, 0.02, 0.5))
        with np.errstate(over="ignore"):
            scaled = [part * size if rng.random() < 0.5 else part for part in reading]
        yield tuple(
            np.where(rng.random(part.shape) < share, rng.choice(SPECIAL, part.shape), part)
            for part in scaled
        )


def hold(
    name: str,
    artefact: Artefact,
    manifest: Manifest,
    trace: GoldenTrace,
    hostile: Iterator[Reading],
) -> Finding:
    """Feed `hostile` readings, then sound ones: no crash, every command within the limits."""
    artefact.reset()
    steps = 0
    said = None
    for source in (hostile, (trace.reading(step % len(trace)) for step in range(RECOVERY))):
        for reading in source:
            try:
                wrong = violation(manifest, artefact.step(*reading))
            except (RuntimeError, ValueError, ArithmeticError, IndexError) as error:
                wrong = (
                    f"crash: {str(error).splitlines()[-1] if str(error) else type(error).__name__}"
                )
            if wrong and said is None:
                said = f"step {steps}: {wrong}"
            steps += 1
    return Finding(
        check=name,
        passed=said is None,
        detail=said or f"{steps} steps, every command within the limits",
        figures={"steps": steps},
    )
