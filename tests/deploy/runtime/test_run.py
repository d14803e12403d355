"""`deploy run` as processes: who may arm, who may not, how it ends, and what it leaves behind."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.runtime.loop import blackbox
from tests.deploy.runtime.test_deadman import Loops

HIDDEN = (
    "pybullet",
    "gymnasium",
    "stable_baselines3",
    "envs",
    "agents",
    "matplotlib",
    "tyro",
    "cryptography",
)

pytestmark = pytest.mark.long
"""They run in real time, in several processes: a machine that is busy with other tests breaks their
deadlines.
"""


@pytest.fixture(scope="module")
def loops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loops]:
    yield from Loops.lent(tmp_path_factory.mktemp("loops"))


def newest_box(loops: Loops) -> Path:
    return max(loops.robot.path.with_name("log").iterdir())


def test_sigterm_damps_ends_with_0_and_leaves_the_whole_story(loops: Loops) -> None:
    process = loops.start()
    since = len(loops.robot.lines)
    time.sleep(0.2)
    os.kill(process, signal.SIGTERM)
    assert loops.status(process) == 0
    tail = loops.robot.heard(since)[-20:]
    assert [damping for _, damping in tail] == [True] * 20
    about, records = blackbox.read(newest_box(loops))
    assert [about["states"][state] for state in dict.fromkeys(records["state"].tolist())] == [
        "damped",
        "armed",
        "rising",
    ]


def test_after_a_sigkill_the_black_box_ends_with_the_last_ticks(loops: Loops) -> None:
    process = loops.start()
    time.sleep(0.3)
    os.kill(process, signal.SIGKILL)
    now = time.monotonic()
    assert loops.status(process) == -signal.SIGKILL
    about, records = blackbox.read(newest_box(loops))
    assert about["states"][records["state"][-1]] == "rising"
    assert now - records["now"][-1] < 0.1
    assert (records["number"] == range(1, len(records) + 1)).all()


def test_a_loop_that_hung_finds_itself_damped_and_must_be_armed_again(loops: Loops) -> None:
    process = loops.start()
    heard = len(loops.server.lines)
    os.kill(process, signal.SIGSTOP)
    time.sleep(0.3)
    os.kill(process, signal.SIGCONT)
    assert "interrupted: the deadman had to take over" in loops.server.hear("damped", heard)
    since = len(loops.robot.lines)
    time.sleep(0.3)
    assert all(damping for _, damping in loops.robot.heard(since))
    loops.robot.press("start")
    loops.server.hear("armed", heard)
    os.kill(process, signal.SIGTERM)
    assert loops.status(process) == 0


def test_the_emergency_stop_latches(loops: Loops) -> None:
    process = loops.start()
    heard = len(loops.server.lines)
    loops.robot.say({"buttons": ["L2", "B"]})
    loops.server.hear("stopped", heard)
    since = len(loops.robot.lines)
    for button in ("start", "A", "X"):
        loops.robot.press(button)
    os.kill(process, signal.SIGTERM)
    assert loops.status(process) == 0
    assert all(damping for _, damping in loops.robot.heard(since))


def test_without_its_deadman_the_loop_damps_and_gives_up(loops: Loops) -> None:
    process = loops.start()
    (deadman,) = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    os.kill(int(deadman), signal.SIGKILL)
    assert loops.status(process) == 7
    assert [damping for _, damping in loops.robot.heard()[-20:]] == [True] * 20
    assert any("the deadman died" in line for line in loops.server.lines)


def test_a_second_runtime_for_the_same_robot_is_refused_and_the_first_goes_on(loops: Loops) -> None:
    process = loops.start()
    since = len(loops.robot.lines)
    second = subprocess.run(
        [sys.executable, "-m", "deploy.runtime", *loops.words()],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert (second.returncode, second.stderr) == (
        1,
        "deploy: another runtime drives this robot; stop it first\n",
    )
    assert not all(damping for _, damping in loops.robot.heard(since))
    os.kill(process, signal.SIGTERM)
    assert loops.status(process) == 0


def test_a_held_button_and_a_pipe_that_says_yes_arm_nothing_and_only_torch_and_numpy_are_needed(
    loops: Loops, tmp_path: Path
) -> None:
    """The whole command line in a fresh process in which everything else cannot be imported, with a
    supervisor that listens.
    """
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(str(tmp_path / "notify"))
    ear.settimeout(60.0)
    loops.robot.say({"buttons": ["start", "A"]})
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({HIDDEN!r})); from "
        "deploy.runtime.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    since = len(loops.robot.lines)
    environment = os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    process = subprocess.Popen(
        [sys.executable, "-c", code, *loops.words()], text=True, env=environment, **pipes
    )  # type: ignore[call-overload]
    assert process.stdin is not None
    process.stdin.write("raaay\n" * 100)
    process.stdin.flush()
    assert ear.recv(1024) == b"READY=1\nSTATUS=damped"
    assert [ear.recv(1024) for _ in range(3)] == [b"WATCHDOG=1\nSTATUS=damped"] * 3
    # A loop that hangs does not feed the watchdog.
    process.send_signal(signal.SIGSTOP)
    ear.settimeout(0.5)
    with pytest.raises(TimeoutError):
        for _ in range(3):
            ear.recv(1024)
    process.send_signal(signal.SIGCONT)
    process.terminate()
    said, _ = process.communicate(timeout=60)
    ear.close()
    loops.robot.say({"buttons": []})
    assert process.returncode == 0, said
    assert "armed" not in said.replace("must be armed", "")
    assert all(damping for _, damping in loops.robot.heard(since))


def test_a_person_at_a_terminal_may_arm_and_stop(loops: Loops) -> None:
    """What was typed before the robot was there counts for nothing."""
    here, there = os.openpty()
    os.write(here, b"r")
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.runtime", *loops.words()],
        stdin=there,
        stdout=there,
        stderr=there,
    )
    os.close(there)
    hear(here, b"stop for good\r\n")
    assert select.select([here], [], [], 0.2)[0] == []
    os.write(here, b"r")
    hear(here, b"armed")
    os.write(here, b" ")
    hear(here, b"stopped")
    process.terminate()
    hear(here, b"ended, damped")
    assert process.wait(60) == 0
    os.close(here)


def hear(terminal: int, word: bytes) -> bytes:
    """What a terminal shows until `word` comes."""
    shown = b""
    while word not in shown:
        shown += os.read(terminal, 1024)
    return shown


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"bundle": "nowhere.bundle"}, 1, "cannot read"),
        ({"--option": "socket=nowhere"}, 6, "no robot listens"),
        ({"--option": "nothing"}, 1, "is not NAME=VALUE"),
        ({"--speed": "3"}, 1, "--speed 3 is not between 0 and 0.7 m/s"),
        ({"--link": "usb"}, 2, "invalid choice"),
    ],
)
def test_what_cannot_be_done_is_said(
    loops: Loops, change: dict[str, str], status: int, says: str
) -> None:
    words = [*loops.words(), "--speed", "0.5"]
    for key, value in change.items():
        words[1 if key == "bundle" else words.index(key) + 1] = value
    since = len(loops.server.lines)
    loops.server.say((words, ""))
    assert int(loops.server.hear("ended ", since).split()[2]) == status
    assert any(says in line for line in loops.server.lines[since:])


def test_a_bundle_of_another_key_is_refused_before_anything_else(
    loops: Loops, tmp_path: Path
) -> None:
    data = bytearray(loops.bundle.read_bytes())
    data[-1000] ^= 1
    (tmp_path / "tampered.bundle").write_bytes(data)
    words = loops.words()
    since = len(loops.server.lines)
    words[1] = str(tmp_path / "tampered.bundle")
    loops.server.say((words, ""))
    assert int(loops.server.hear("ended ", since).split()[2]) == 3
    assert json.dumps(loops.server.lines[since:]).count("deploy: ") == 1
