"""Flashing over a real sshd on 127.0.0.1: what is refused leaves the robot as it was, what fails
goes back, what is torn goes on.
"""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from deploy.robot.flash import FlashConfig, flash
from deploy.robot.installed import RollbackConfig, StatusConfig, rollback, status
from deploy.robot.local_host import SSHD
from deploy.robot.provision import ProvisionConfig, provision
from deploy.runtime.errors import DeployError
from deploy.runtime.target.checks import damped
from deploy.runtime.target.config import ReleaseState, load_state, save
from deploy.runtime.target.errors import ArmedError, BusyError
from deploy.runtime.target.layout import held, point, sha256
from deploy.runtime.target.loop import ServiceStatus
from tests.support.bundles import key_pair, outdated
from tests.support.flashing import Robot, attempt, robot

pytestmark = pytest.mark.skipif(
    not SSHD.exists(), reason=f"there is no {SSHD}: apt-get install openssh-server"
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    with robot(tmp_path_factory.mktemp("robot")) as made:
        assert made.flash(made.bundle("1.0.0"))[0] == 0
        yield made


@pytest.fixture
def go2(shared: Robot) -> Robot:
    """A damped robot on which some release runs, and a version above all that it has had."""
    shared.says("damped")
    return shared


def test_what_was_flashed_runs_damped_and_rollback_leads_back(go2: Robot) -> None:
    before = go2.version()
    version = go2.next_version()
    path = go2.bundle(version)
    assert go2.flash(path) == (0, f"random {version} runs on {go2.connection.host}, damped")
    assert go2.version() == version
    said = status(StatusConfig(go2.connection))
    assert f"current  random {version}" in said
    assert f"before   random {before}" in said
    assert "process, ready" in said
    assert "damped" in said

    assert before in rollback(RollbackConfig(go2.connection, dry_run=True))
    assert go2.version() == version
    rollback(RollbackConfig(go2.connection))
    assert go2.version() == before
    # The way back leads one step, and does not open the door to old versions.
    with pytest.raises(DeployError, match="no release to go back to"):
        rollback(RollbackConfig(go2.connection))
    assert go2.flash(go2.bundle("0.9.0"))[0] == 26
    assert go2.flash(path)[0] == 0
    assert go2.version() == version


@pytest.mark.long
def test_flashing_the_same_again_changes_nothing_and_sends_nothing(
    go2: Robot, capsys: pytest.CaptureFixture[str]
) -> None:
    path = go2.bundle(go2.next_version())
    assert go2.flash(path)[0] == 0
    before = go2.installed()
    assert go2.flash(path)[0] == 0
    assert go2.installed() == before
    size = path.stat().st_size
    assert f"{size} of {size} bytes are there" in capsys.readouterr().err


def test_a_dry_run_changes_nothing(go2: Robot) -> None:
    before = go2.listing()
    assert "may go to" in flash(
        FlashConfig(go2.bundle(go2.next_version()), go2.connection, go2.public, dry_run=True)
    )
    assert "nothing was changed" in provision(
        ProvisionConfig(go2.connection, go2.public, dry_run=True)
    )
    assert go2.listing() == before


@pytest.mark.parametrize("status", ["run", "emergency stop", "hold", ""])
def test_whatever_is_not_damped_counts_as_armed(status: str) -> None:
    damped(ServiceStatus(active=True, ready=True, process=1, status="damped: nobody has armed it"))
    damped(ServiceStatus(active=False, ready=False, process=0, status=""))
    with pytest.raises(ArmedError, match="disarm it first"):
        damped(ServiceStatus(active=True, ready=True, process=1, status=status))


def test_a_robot_that_is_armed_is_refused(go2: Robot) -> None:
    path = go2.bundle(go2.next_version())
    before = go2.listing()
    go2.says("armed")
    for action in (
        lambda: go2.flash(path),
        lambda: attempt(lambda: rollback(RollbackConfig(go2.connection))),
        go2.provision,
    ):
        found, message = action()
        assert (found, len(message.splitlines())) == (24, 1)
    go2.says("damped")
    assert go2.listing() == before


def test_a_robot_armed_during_the_self_test_is_not_restarted(go2: Robot) -> None:
    before = go2.version()
    # The other side's own check: this side saw a damped robot.
    found, message = go2.flash(go2.bundle(go2.next_version(), "arms"))
    assert (found, go2.version()) == (24, before)
    assert "'armed'" in message


def test_bundles_that_are_not_for_this_robot_are_refused(go2: Robot, tmp_path: Path) -> None:
    version = go2.next_version()
    before = go2.listing()
    sound = go2.bundle(version)
    data = bytearray(sound.read_bytes())
    data[len(data) // 2] ^= 1
    tampered = tmp_path / "tampered.bundle"
    tampered.write_bytes(data)
    other = replace(go2, key=key_pair(tmp_path))
    refused = {
        "for marv": go2.flash(go2.bundle(version, robot="marv")),
        "older than": go2.flash(go2.bundle("0.9.9")),
        "another bundle": go2.flash(go2.bundle(go2.version(), "another card")),
        "damaged": go2.flash(tampered),
        # Signed by somebody whom this side trusts, and the robot does not.
        "another key": attempt(
            lambda: flash(FlashConfig(other.bundle(version), go2.connection, other.public))
        ),
        "made with": go2.flash(other.bundle(version)),
    }
    assert {words: found for words, (found, _) in refused.items()} == dict(
        zip(refused, (25, 26, 26, 3, 3, 3), strict=True)
    )
    for words, (_, message) in refused.items():
        assert words in message
        assert "\n" not in message
    assert go2.listing() == before


def test_what_is_tampered_with_on_the_robot_is_found_there(go2: Robot) -> None:
    path = go2.bundle(go2.next_version())
    before = go2.listing()
    data = path.read_bytes()
    arrived = go2.cut_off(path)
    arrived.write_bytes(data[:-1] + b"?")
    found, message = go2.install(path)
    assert found == 3, message
    assert "not what was sent" in message
    assert go2.listing() == before


def test_a_host_that_is_not_known_for_sure_is_refused(go2: Robot, tmp_path: Path) -> None:
    path = go2.bundle(go2.next_version())
    before = go2.listing()
    right = go2.connection
    (tmp_path / "empty").write_text("")
    (tmp_path / "changed").write_text(f"[127.0.0.1]:{right.port} {go2.public.read_text()}")
    key_pair(tmp_path)
    (tmp_path / "key").chmod(0o600)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        ways = {
            20: replace(right, known_hosts=tmp_path / "empty"),
            21: replace(right, identity=tmp_path / "key"),
            22: replace(right, port=closed.getsockname()[1]),
            23: replace(right, root=str(tmp_path / "nowhere")),
        }
        found = {
            expected: attempt(partial(flash, FlashConfig(path, way, go2.public)))
            for expected, way in ways.items()
        }
        changed = attempt(
            lambda: status(StatusConfig(replace(right, known_hosts=tmp_path / "changed")))
        )
    for expected, (number, message) in {**found, 20: changed}.items():
        assert number == expected, message
        assert "\n" not in message
    assert go2.listing() == before


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("fails", 28),
        ("dies", 29),
        pytest.param("late", 29, marks=pytest.mark.long),
        pytest.param("eager", 29, marks=pytest.mark.long),
    ],
)
def test_a_broken_release_leaves_the_one_before(go2: Robot, card: str, expected: int) -> None:
    before = go2.installed()
    running = go2.version()
    found, message = go2.flash(go2.bundle(go2.next_version(), card))
    assert (found, len(message.splitlines())) == (expected, 1), message
    assert go2.installed() == before
    go2.says("damped")
    assert f"current  random {running}" in status(StatusConfig(go2.connection))


def test_a_torn_upload_goes_on_where_it_was(go2: Robot, capsys: pytest.CaptureFixture[str]) -> None:
    path = go2.bundle(go2.next_version(), size=200_000)
    arrived = go2.cut_off(path)
    there = arrived.stat().st_size
    assert 0 < there < path.stat().st_size
    assert go2.flash(path)[0] == 0
    assert f"{there} of {path.stat().st_size} bytes are there" in capsys.readouterr().err


@pytest.mark.long
def test_a_beginning_that_is_not_ours_is_sent_again(
    go2: Robot, capsys: pytest.CaptureFixture[str]
) -> None:
    path = go2.bundle(go2.next_version())
    go2.cut_off(path).write_bytes(b"not the beginning")
    assert go2.flash(path)[0] == 0
    assert f"0 of {path.stat().st_size} bytes are there" in capsys.readouterr().err


def test_a_release_that_a_new_runtime_refuses_is_named_and_makes_way_for_a_flash(
    go2: Robot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old.bundle"
    old.write_bytes(outdated(go2.key))
    digest = sha256(old)
    old.replace(go2.layout.release(digest))
    point(go2.layout, digest)
    save(go2.layout.state, ReleaseState(digest, None, load_state(go2.layout).highest))

    found, message = go2.provision()
    why = "the bundle has schema 1, this version reads 2; export it again"
    assert (found, len(message.splitlines())) == (0, 1)
    assert f"none runs until you flash one, for the one there is refused: {why}" in message
    # The robot's side says it before it changes anything.
    told = capsys.readouterr().err
    assert told.index(why) < told.index("folders")
    said = status(StatusConfig(go2.connection))
    assert f"current  schema 1, export it again ({digest[:12]})" in said
    assert "process, stopped" in said

    version = go2.next_version()
    assert go2.flash(go2.bundle(version))[0] == 0
    found, message = attempt(lambda: rollback(RollbackConfig(go2.connection)))
    assert (found, why in message, go2.version()) == (3, True, version)
    go2.layout.release(digest).write_bytes(b"?")
    assert f"before   damaged ({digest[:12]})" in status(StatusConfig(go2.connection))


def test_two_flashes_do_not_mix(go2: Robot) -> None:
    path = go2.bundle(go2.next_version())
    took = []
    with ThreadPoolExecutor() as pool:
        with held(go2.layout.lock):
            other = pool.submit(go2.flash, path)
            time.sleep(1.5)
            assert not other.done()
            assert not go2.layout.release(sha256(path)).exists()
            with pytest.raises(BusyError) as refused, held(go2.layout.lock, wait=0.0):
                took.append("twice")
        assert other.result()[0] == 0
    assert (took, refused.value.status) == ([], 27)
