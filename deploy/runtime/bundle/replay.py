"""Whether a program repeats its golden traces, and how fast it is."""

from __future__ import annotations

import time

import numpy as np

from deploy.runtime.bundle import archive
from deploy.runtime.bundle.findings import Finding
from deploy.runtime.bundle.program import Artefact
from deploy.runtime.bundle.trace import GoldenTrace

TOLERANCE = {archive.PROGRAM: 1e-5, archive.BLIND: 1e-5, archive.TWIN: 1e-4}
"""Tolerance of each artefact's joint positions against the golden traces [rad]."""
TRACES = {
    archive.PROGRAM: archive.GOLDEN,
    archive.BLIND: archive.BLIND_GOLDEN,
    archive.TWIN: archive.GOLDEN,
}
"""File of the golden traces of each artefact."""
WARM_UP = 20
"""Calls before anything is timed: TorchScript compiles in the first ones."""


def deviations(artefact: Artefact, golden: GoldenTrace, steps: int) -> np.ndarray:
    """Largest deviation of each part of the command from the golden traces' first `steps`, (5,);
    infinite where a command is not finite.
    """
    worst = np.zeros(len(golden.commands))
    for step in range(min(steps, len(golden))):
        if golden.starts[step]:
            artefact.reset()
        said = artefact.step(*golden.reading(step))
        apart = [
            float(np.abs(mine - part[step]).max())
            for mine, part in zip(said, golden.commands.values())
        ]
        worst = np.maximum(worst, np.nan_to_num(apart, nan=np.inf))
    return worst


def allowed(name: str, period: float) -> np.ndarray:
    """How far each part of the artefact's command may be from the golden traces, (5,)."""
    # A velocity is a difference of two positions over a control period; a torque is at most 100 N
    # m/rad of a leg's arms.
    return TOLERANCE[name] * np.array([1.0, 2 / period, 100.0, 0.0, 0.0])


def replay(name: str, artefact: Artefact, golden: GoldenTrace, period: float) -> Finding:
    """Whether the artefact repeats the golden traces: positions within its tolerance, the rest
    within what that makes of it.
    """
    worst = deviations(artefact, golden, len(golden))
    most = allowed(name, period)
    figures = {
        f"{part} deviation": min(float(value), 1e30) for part, value in zip(golden.commands, worst)
    }
    detail = f"{len(golden)} steps, largest deviation {worst[0]:.1e} rad (at most {most[0]:.0e})"
    return Finding(
        check=f"{name}: golden replay",
        passed=bool((worst <= most).all()),
        detail=detail,
        figures=figures,
    )


def latency(artefact: Artefact, golden: GoldenTrace, period: float, steps: int) -> Finding:
    """How long a control step takes when there is one every `period` [s]: on a robot the
    processor's caches are cold and its clock low at each.
    """
    artefact.reset()
    for step in range(WARM_UP):
        artefact.step(*golden.reading(step % len(golden)))
    took = np.zeros(steps)
    due = time.perf_counter()
    for step in range(steps):
        due += period
        time.sleep(max(0.0, due - time.perf_counter()))
        start = time.perf_counter()
        artefact.step(*golden.reading(step % len(golden)))
        took[step] = 1e3 * (time.perf_counter() - start)
    p50, p99, most = (float(value) for value in np.percentile(took, [50, 99, 100]))
    detail = (
        f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, max {most:.2f} ms of {1e3 * period:.0f} ms, "
        f"over {steps} paced steps"
    )
    return Finding(
        check="latency",
        passed=p99 < 1e3 * period,
        detail=detail,
        figures={"p50_ms": p50, "p99_ms": p99, "max_ms": most},
    )
