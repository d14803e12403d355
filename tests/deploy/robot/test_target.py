"""The robot's side of flashing: what it accepts, what it remembers, its unit file, and the
supervisor that stands in for systemd.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from deploy.robot.provision import runtime_zip
from deploy.runtime.target import supervised, systemd
from deploy.runtime.target.activate import committed
from deploy.runtime.target.config import Provisioning, ReleaseState, save
from deploy.runtime.target.layout import Layout, point
from tests.support.bundles import about
from tests.support.flashing import PYTHON, TESTS


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    """An installation whose loop is `tests/support/stand_in_service.py`."""
    made = Layout(tmp_path)
    for folder in (made.releases, made.service):
        folder.mkdir()
    made.runtime.write_bytes(runtime_zip())
    wrapper = tmp_path / "loop"
    wrapper.write_text(
        f'#!/bin/sh\nexec {PYTHON} {TESTS / "stand_in_service.py"} {tmp_path / "orders"} "$@"\n'
    )
    wrapper.chmod(0o755)
    save(
        made.config,
        Provisioning(
            robot="go2", python=str(wrapper), arguments=[], service="process", health_seconds=1.0
        ),
    )
    yield made
    supervised.stop(made)


def until(what: Callable[[], object]) -> None:
    end = time.monotonic() + 60.0
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_the_highest_version_only_grows() -> None:
    first = about(version="1.9.0")
    second = about(version="1.10.0")
    state = committed(committed(ReleaseState(), "a", first), "b", second)
    assert state == ReleaseState("b", "a", {"random": ["1.10.0", "b"]})
    # A rollback proves the older one again.
    assert committed(state, "a", first) == ReleaseState("a", "b", {"random": ["1.10.0", "b"]})
    assert committed(state, "b", second) == state
    assert committed(state, "c", about(name="other", version="0.1.0")).highest == {
        "random": ["1.10.0", "b"],
        "other": ["0.1.0", "c"],
    }


def test_current_is_never_without_a_release_while_it_is_swapped(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.releases.mkdir()
    for digest in "ab":
        layout.release(digest).write_text(digest)
    point(layout, "a")
    looks = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nfrom pathlib import Path\nprint(flush=True)\nfor _ in range(20000): "
            "assert Path(sys.argv[1]).read_text() in 'ab'",
            str(layout.current),
        ],
        stdout=subprocess.PIPE,
    )
    assert looks.stdout
    looks.stdout.readline()
    while looks.poll() is None:
        point(layout, "b")
        point(layout, "a")
    looks.stdout.close()
    assert looks.returncode == 0
    point(layout, None)
    assert layout.running() is None


def test_the_runtime_runs_from_its_zip_on_an_old_python(tmp_path: Path) -> None:
    data = runtime_zip()
    assert data == runtime_zip()
    (tmp_path / "runtime.zip").write_bytes(data)
    assert not [
        name
        for name in zipfile.ZipFile(BytesIO(data)).namelist()
        if not name.startswith(("deploy/runtime/", "deploy/__init__"))
    ]
    command = [
        str(PYTHON),
        "-B",
        "-m",
        "deploy.runtime.target",
        "describe",
        "--root",
        str(tmp_path),
    ]
    done = subprocess.run(
        command,
        env={"PYTHONPATH": str(tmp_path / "runtime.zip")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, json.loads(done.stdout)["status"], done.stderr) == (23, 23, "")


def test_systemd_accepts_the_unit_file(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")
    layout = Layout(tmp_path)
    text = systemd.unit(
        layout,
        Provisioning(
            robot="go2",
            python=sys.executable,
            arguments=["--link", "go2", "--option", "domain=0"],
            service="systemd",
            health_seconds=10.0,
        ),
    )
    (tmp_path / systemd.NAME).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / systemd.NAME)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    # A person's terminal is no part of it, and it restarts only what comes up damped.
    assert "StandardInput=null" in text
    assert "Type=notify" in text
    assert "WatchdogSec=2" in text


def test_the_supervisor_does_what_the_unit_file_asks_of_systemd(
    layout: Layout, tmp_path: Path
) -> None:
    orders = tmp_path / "orders"
    orders.write_text("go on")
    supervised.restart(layout)
    until(lambda: supervised.see(layout).ready)
    first = supervised.see(layout)
    assert first.status == "damped"

    # It fails: it is started again.
    os.kill(first.process, signal.SIGKILL)
    until(lambda: supervised.see(layout).ready and supervised.see(layout).process != first.process)
    # It makes no progress: so too.
    second = supervised.see(layout)
    orders.write_text("hang")
    until(lambda: supervised.see(layout).process not in (0, second.process))
    # It ends by itself: it is left alone, and so is a supervisor that was told to stop.
    orders.write_text("end")
    until(lambda: not supervised.see(layout).active)
    orders.write_text("go on")
    supervised.restart(layout)
    until(lambda: supervised.see(layout).ready)
    third = supervised.see(layout)
    supervised.stop(layout)
    assert supervised.see(layout) == (False, False, 0, "")
    with pytest.raises(ProcessLookupError):
        os.kill(third.process, 0)


def test_a_loop_without_its_supervisor_ends(layout: Layout, tmp_path: Path) -> None:
    (tmp_path / "orders").write_text("go on")
    supervised.restart(layout)
    until(lambda: supervised.see(layout).ready)
    process = supervised.see(layout).process
    os.kill(json.loads(supervised.state(layout).read_bytes())["supervisor"], signal.SIGKILL)

    def gone() -> bool:
        try:
            return Path(f"/proc/{process}/stat").read_text().split()[2] == "Z"
        except FileNotFoundError:
            return True

    until(gone)
    assert not supervised.see(layout).active
