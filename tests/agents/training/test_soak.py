"""A training run for as long as TREADWELL_SOAK_MINUTES says (3 if it says nothing; an hour: make
soak): the memory of trainer and workers stays flat.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests import ROOT
from tests.envs.workers.test_memory import resident

MINUTES = float(os.environ.get("TREADWELL_SOAK_MINUTES", "3"))
GROWTH = 1.02
"""Most that a process may grow by after the first third, in which flights are built and buffers
filled.
"""


def workers(parent: int) -> list[int]:
    """Processes of robots that `parent` started."""
    children = [
        int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    ]
    return [pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.long
def test_memory_of_trainer_and_workers_stays_flat(tmp_path: Path) -> None:
    settings = (
        "--steps 1000000000 --robots 8 --workers 2 --ppo.rollout 32 --ppo.minibatch 256 "
        "--ppo.epochs 1 --save-iterations 4"
    )
    process = subprocess.Popen(
        [sys.executable, "train.py", "--run", str(tmp_path / "run"), *settings.split()],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    try:
        while not list((tmp_path / "run").glob("checkpoint-*.pt")):
            assert process.poll() is None
            time.sleep(0.5)
        seen = []
        end = time.monotonic() + 60 * MINUTES
        processes = [process.pid, *workers(process.pid)]
        while time.monotonic() < end:
            assert process.poll() is None
            seen.append([resident(pid) for pid in processes])
            time.sleep(1.0)
        third = len(seen) // 3
        before = np.median(seen[third : third + 10], 0)
        after = np.median(seen[-10:], 0)
        print(
            f"memory of trainer and workers [MB] after a third, and after {MINUTES:g} minutes: "
            f"{before.round()}, {after.round()}"
        )
        assert len(processes) == 3
        assert (after < GROWTH * before).all()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
