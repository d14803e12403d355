"""The whole way: bundle, runtime and deadman in their processes, the fake Go2 in its own, a person
at its remote control, a DDS bus between them.
"""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from agents.policies import load
from deploy.bundle import signing
from deploy.bundle.assemble import assemble
from deploy.fake_go2.operator import FakeOperator, fake_robot
from envs.task.staircase import Staircase
from tests.support.bundles import key_pair
from tests.support.fake_robots import counts, until
from tests.support.robots import Process, walking_bundle

BUDGET = 0.060
"""[s]."""
SPEED = 0.5
"""[m/s]."""
FAULTS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "raise": None}
"""How a loop meets its end, and the signal that does it; "raise" is an exception of its own."""

pytestmark = pytest.mark.long
"""They run in real time, in several processes: a machine that is busy with other tests breaks their
deadlines.
"""


class Drive:
    """A fake robot, and control loops that drive it one after the other."""

    def __init__(self, fake: FakeOperator, bundle: Path, key: Path, folder: Path) -> None:
        self.fake = fake
        self._folder = folder
        self._public = key.with_name(key.name + ".pub")
        self._bundle = bundle
        self.server = Process("-m", "tests.support.loop_process", bundle, self._public)
        self.server.hear("ready")

    def start(self, fault: str = "") -> int:
        """A loop whose robot is about to rise; its process id."""
        since = len(self.server.lines)
        way = [
            part
            for name, value in self.fake.options.items()
            for part in ("--option", f"{name}={value}")
        ]
        words = [
            "run",
            self._bundle,
            "--public-key",
            self._public,
            "--link",
            "go2",
            *way,
            "--log",
            self._folder / "log",
        ]
        self.server.say(([str(word) for word in words], fault))
        process = int(self.server.hear("pid", since).split()[1])
        self.server.hear("damped; arm", since)
        self.press("start", "armed", since)
        self.press("A", "rising", since)
        return process

    def press(self, button: str, state: str, since: int) -> None:
        """As an operator does, who waits for the robot to do it."""
        self.fake.press(button)
        self.server.hear(state, since)

    def status(self, process: int) -> int:
        """Its exit status, once it has ended."""
        return int(self.server.hear(f"ended {process} ").split()[2])

    def walk(self, stairs: Staircase, there: Callable[[], bool]) -> None:
        """Stand up, walk along the middle of the flight until the robot is `there`, sit down."""
        began = time.monotonic()
        since = len(self.server.lines)
        process = self.start()
        self.server.hear("ready", since)
        self.press("A", "running", since)
        walking = len(self.server.lines)
        self.fake.walk(
            stairs,
            SPEED,
            lambda: (
                there() or self.fake.events("fallen", began) or len(self.server.lines) > walking
            ),
        )
        assert not self.fake.events("fallen", began)
        assert there(), self.server.lines[since:]
        since = len(self.server.lines)
        self.press("X", "sitting", since)
        self.server.hear("damped", since)
        os.kill(process, signal.SIGTERM)
        assert self.status(process) == 0
        refused = {name for name in counts(self.fake) if name != "accepted"}
        assert refused == set()

    def gap(self, fault: str) -> float:
        """From the last command that was not damping to damping, at the robot [s], for one loop
        that meets its end while the robot rises.
        """
        began = time.monotonic()
        process = self.start(fault)
        number = FAULTS[fault]
        driven = self.fake.wait("driven", began)["t"]
        if number:
            time.sleep(0.2)
            os.kill(process, number)
        heard = self.fake.wait("damping", driven)
        if number == signal.SIGSTOP:
            os.kill(process, signal.SIGKILL)
        assert self.status(process) == (-signal.SIGKILL if number else 7)
        return float(heard["t"] - heard["last_driven"])

    def deadmen(self) -> list[str]:
        """Process ids of this robot's deadmen."""
        mark = json.dumps(self.fake.options).encode()
        return [
            path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if mark in _read(path)
        ]

    def close(self) -> None:
        """Drive once more and end in order: the last deadman streams until the next runtime
        relieves it. None stays behind.
        """
        process = self.start()
        os.kill(process, signal.SIGTERM)
        assert self.status(process) == 0
        assert self.server.end() == 0
        until(lambda: not self.deadmen())


def _read(path: Path) -> bytes:
    """Nothing of a process that has just ended."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drive]:
    """On flat ground, with an untrained policy: the trot that it starts from walks."""
    folder = tmp_path_factory.mktemp("flat")
    key = key_pair(folder)
    with fake_robot(folder, riser=0.0) as fake:
        drive = Drive(fake=fake, bundle=walking_bundle(folder, key), key=key, folder=folder)
        yield drive
        drive.close()


def test_the_robot_stands_up_walks_on_the_flat_and_sits_down(flat: Drive) -> None:
    start = flat.fake.wait("where", time.monotonic())["position"][0]
    flat.walk(
        Staircase(0.0), lambda: bool(flat.fake.events("where")[-1]["position"][0] > start + 0.4)
    )


@pytest.mark.parametrize("times", [10, pytest.param(100, marks=pytest.mark.hours)])
@pytest.mark.parametrize("fault", FAULTS)
def test_damping_reaches_the_robot_within_60_ms_of_the_loops_end_every_time(
    flat: Drive, fault: str, times: int
) -> None:
    gaps = [flat.gap(fault) for _ in range(times)]
    late = sum(gap >= BUDGET for gap in gaps)
    print(
        f"{fault}: {len(gaps) - late} of {len(gaps)} within {1e3 * BUDGET:.0f} ms; median "
        f"{1e3 * np.median(gaps):.1f} ms, worst {1e3 * max(gaps):.1f} ms"
    )
    assert late == 0, sorted(gaps)[-10:]


def test_the_shipped_policy_climbs_a_flight_over_a_dds_bus(tmp_path: Path) -> None:
    key = key_pair(tmp_path)
    policy = load("go2")
    assert policy.actor is not None
    bundle = tmp_path / "go2.bundle"
    bundle.write_bytes(
        assemble(
            policy=policy,
            actor=policy.actor,
            name="go2",
            version="1.0.0",
            key=signing.load_private(key),
        )
    )
    with fake_robot(tmp_path, riser=0.10) as fake:
        drive = Drive(fake=fake, bundle=bundle, key=key, folder=tmp_path)
        drive.walk(Staircase(0.10), lambda: bool(fake.events("arrived")))
        position = fake.events("where")[-1]["position"]
        print(f"climbed to {position[2]:.2f} m")
        assert position[2] > 0.9
        assert drive.server.end() == 0
