"""Punctuality of the control loop beside processes that want the whole machine."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deploy.runtime import realtime
from deploy.runtime.loop import blackbox
from tests.deploy.runtime.test_deadman import Loops

SECONDS = 60.0
BUSY = 4


@pytest.fixture
def loops(tmp_path: Path) -> Iterator[Loops]:
    yield from Loops.lent(tmp_path)


def may_be_punctual() -> bool:
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except OSError:
        return False
    return True


def test_the_clock_returns_at_its_deadline_also_if_signals_come() -> None:
    clock = realtime.RealClock()
    came = list[int]()
    before = signal.signal(signal.SIGALRM, lambda number, _: came.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    try:
        deadline = clock.now() + 0.1
        clock.sleep_until(deadline)
        assert clock.now() >= deadline
        clock.sleep_until(deadline)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert len(came) > 1


@pytest.mark.hours
@pytest.mark.skipif(not may_be_punctual(), reason="SCHED_FIFO is not allowed here")
def test_sixty_seconds_beside_busy_processes_no_tick_is_later_than_a_millisecond(
    loops: Loops,
) -> None:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BUSY)]
    try:
        process = loops.start()
        since = len(loops.server.lines)
        loops.server.hear("ready", since)
        loops.robot.press("A")
        loops.server.hear("running", since)
        time.sleep(SECONDS)
        os.kill(process, signal.SIGTERM)
        assert loops.status(process) == 0
    finally:
        for one in busy:
            one.kill()
            one.wait()
    about, records = blackbox.read(max(loops.robot.path.with_name("log").iterdir()))
    walked = records[records["state"] == about["states"].index("running")]
    late = 1e3 * walked["late"]
    took = 1e3 * walked["took"]
    figures = [
        f"{name} p50 {np.percentile(part, 50):.2f}, p99 {np.percentile(part, 99):.2f}, most "
        f"{part.max():.2f} ms"
        for name, part in (("late", late), ("took", took))
    ]
    print(f"{len(walked)} ticks: {'; '.join(figures)}")
    assert len(walked) > 0.98 * SECONDS / about["period"]
    assert late.max() < 1.0
    assert np.percentile(took, 99) < 3.0
