"""SIGKILL on either side of a flash, anywhere: `current` always names a complete, verified release,
and the next flash succeeds.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deploy.robot.local_host import SSHD
from tests.support.flashing import Robot, robot

pytestmark = pytest.mark.skipif(
    not SSHD.exists(), reason=f"there is no {SSHD}: apt-get install openssh-server"
)
PARTS = 8
KILLS = 26
"""Independent robots, and processes killed for each."""
Kill = Callable[[Robot, Path, np.random.Generator], bool]


def there_before(step: str, things: int) -> Kill:
    """On the robot, before it does one of the first `things` things of a step: each file, link,
    lock and process is one.
    """

    def kill(go2: Robot, path: Path, rng: np.random.Generator) -> bool:
        order = go2.folder / "order"
        order.write_text(f"{step} {rng.integers(things)}")
        found, _ = go2.flash(path)
        struck = not order.exists()
        order.unlink(missing_ok=True)
        assert found != 0 or not struck
        return struck

    return kill


def there_sometime(go2: Robot, path: Path, rng: np.random.Generator) -> bool:
    """On the robot, whichever step is being done at a random moment."""
    struck = []

    def strike() -> None:
        process = int((go2.folder / "pid").read_text())
        try:
            os.kill(process, signal.SIGKILL)
            struck.append(process)
        except ProcessLookupError:
            pass

    timer = threading.Timer(rng.uniform(0.0, go2.seconds[-1]), strike)
    timer.start()
    go2.flash(path)
    timer.cancel()
    timer.join()
    return bool(struck)


def here(go2: Robot, path: Path, rng: np.random.Generator) -> bool:
    """On this side, at a random moment."""
    child = os.fork()
    if child == 0:
        os.close(2)
        os._exit(go2.flash(path)[0])
    time.sleep(rng.uniform(0.0, go2.seconds[-1]))
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


INSTALL = there_before("install", 155)
UPLOAD = there_before("upload", 4)
"""A whole install does about 148 things on an idle machine, the last eight of them to commit, and
fewer where its health window sees less.
"""
WAYS: tuple[Kill, ...] = (INSTALL, here, INSTALL, there_sometime, UPLOAD)


def survive(go2: Robot, kill: Kill, rng: np.random.Generator) -> bool:
    """One flash that is killed and the next that is not. Whether something was killed."""
    before = go2.version()
    version = go2.next_version()
    path = go2.bundle(version, size=30_000)
    struck = kill(go2, path, rng)
    assert go2.version() in (before, version)
    begin = time.monotonic()
    # The robot goes on by itself after this side was killed; until then it says that it is busy.
    while (found := go2.flash(path))[0] == 27:
        pass
    assert found[0] == 0, found
    assert go2.version() == version
    # The beginning of a bundle that was given up does not stay for ever.
    assert len(list(go2.layout.releases.iterdir())) <= 2
    go2.seconds.append(time.monotonic() - begin)
    return struck


def survive_all(folder: Path, seed: int, ways: tuple[Kill, ...], kills: int) -> None:
    """As `survive`, until so many were killed."""
    rng = np.random.default_rng(seed)
    struck = 0
    tries = 0
    with robot(folder) as go2:
        begin = time.monotonic()
        assert go2.flash(go2.bundle(go2.next_version()))[0] == 0
        go2.seconds.append(time.monotonic() - begin)
        while struck < kills:
            struck += survive(go2, ways[tries % len(ways)], rng)
            tries += 1
            assert tries < 3 * kills
    print(
        f"seed {seed}: {struck} of {tries} flashes were cut off, `current` was whole after each, "
        f"and {tries} of {tries} next ones succeeded"
    )


def test_a_kill_over_there_leaves_a_whole_release(tmp_path: Path) -> None:
    survive_all(folder=tmp_path, seed=0, ways=(INSTALL,), kills=1)


@pytest.mark.long
def test_ten_kills_leave_a_whole_release(tmp_path: Path) -> None:
    survive_all(folder=tmp_path, seed=PARTS, ways=WAYS, kills=10)


@pytest.mark.hours
@pytest.mark.parametrize("part", range(PARTS))
def test_two_hundred_kills_leave_a_whole_release(tmp_path: Path, part: int) -> None:
    survive_all(folder=tmp_path, seed=part, ways=WAYS, kills=KILLS)
