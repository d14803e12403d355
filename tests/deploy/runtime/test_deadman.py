"""Whatever happens to the control loop, the robot hears damping, within 60 ms of the last other
command. Real processes, measured where the robot listens.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deploy.runtime.loop.deadman import address
from deploy.runtime.loop.watch import relieve
from tests.support.bundles import key_pair
from tests.support.robots import Process, Robot, wait_for, walking_bundle, words

BUDGET = 0.060
"""[s]."""
FAULTS = ("kill", "stop", "raise")


class Loops:
    """A robot, and control loops that drive it one after the other."""

    def __init__(self, folder: Path) -> None:
        self.key = key_pair(folder)
        self.bundle = walking_bundle(folder, self.key)
        self.robot = Robot(folder)
        self.server = Process(
            "-m", "tests.support.loop_process", self.bundle, self.key.with_name("key.pub")
        )
        self.server.hear("ready")
        self.begun: set[int] = set()

    def start(self, fault: str = "") -> int:
        """A loop whose robot is about to rise; its process id."""
        since = len(self.server.lines)
        self.server.say((self.words(), fault))
        process = int(self.server.hear("pid", since).split()[1])
        self.begun.add(process)
        self.server.hear("damped; arm", since)
        self.robot.press("start")
        self.server.hear("armed", since)
        self.robot.press("A")
        self.server.hear("rising", since)
        return process

    def words(self) -> list[str]:
        """Of the command line."""
        return words(self.robot, self.bundle, self.key)

    def status(self, process: int) -> int:
        """Its exit status, once it has ended."""
        return int(self.server.hear(f"ended {process} ").split()[2])

    @classmethod
    def lent(cls, folder: Path) -> Iterator["Loops"]:
        """For a fixture. Neither loops nor deadmen stay behind, also if a test fails."""
        loops = cls(folder)
        try:
            yield loops
        finally:
            for process in loops.begun - {
                int(line.split()[1]) for line in loops.server.lines if line.startswith("ended ")
            }:
                os.kill(process, signal.SIGKILL)
            status = loops.server.end()
            relieve(address("sim", {"socket": str(loops.robot.path)}))
            assert (status, loops.robot.end()) == (0, 0)


@pytest.fixture(scope="module")
def loops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loops]:
    yield from Loops.lent(tmp_path_factory.mktemp("loops"))


def gap(loops: Loops, fault: str) -> float:
    """From the last command that moved the robot to the damping after it [s], for one loop that
    meets its end while the robot rises.
    """
    process = loops.start(fault)
    since = len(loops.robot.lines)
    wait_for(
        lambda: sum(not damping for _, damping in loops.robot.heard(since)) > 5,
        "the robot's motion",
    )
    if fault != "raise":
        os.kill(process, signal.SIGKILL if fault == "kill" else signal.SIGSTOP)
    wait_for(
        lambda: sum(damping for _, damping in loops.robot.heard(since)[-20:]) == 20,
        "a stream of damping",
    )
    if fault == "stop":
        os.kill(process, signal.SIGKILL)
    assert loops.status(process) == (7 if fault == "raise" else -signal.SIGKILL)
    heard = loops.robot.heard(since)
    last = max(at for at, damping in heard if not damping)
    return min(at for at, damping in heard if damping and at > last) - last


@pytest.mark.parametrize("fault", FAULTS)
def test_damping_comes_after_the_loops_end(loops: Loops, fault: str) -> None:
    """How soon is a question for a machine that has nothing else to do: see the long test."""
    assert gap(loops, fault) < 1.0


@pytest.mark.parametrize(
    "times",
    [pytest.param(10, marks=pytest.mark.long), pytest.param(100, marks=pytest.mark.hours)],
)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_time(loops: Loops, fault: str, times: int) -> None:
    gaps = [gap(loops, fault) for _ in range(times)]
    print(f"{fault}: median {1e3 * np.median(gaps):.1f} ms, largest {1e3 * max(gaps):.1f} ms")
    assert sum(value < BUDGET for value in gaps) == times, sorted(gaps)[-10:]
