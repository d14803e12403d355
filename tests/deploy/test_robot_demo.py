"""The dress rehearsal, whole: everything real but the robot."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.robot.local_host import SSHD
from deploy.robot_demo.page import Act, write
from tests import ROOT


def test_the_page_says_what_did_not_come_out_as_it_should(tmp_path: Path) -> None:
    (tmp_path / "climb.mp4").write_bytes(b"film")
    sound = Act(
        title="Flash",
        why="Why <not>.",
        command="python -m deploy flash",
        said="ok & done",
        status=29,
        expected=29,
        seconds=1.0,
    )
    write(tmp_path / "sound.html", [sound], tmp_path / "climb.mp4")
    write(
        tmp_path / "broken.html",
        [sound, Act(title="Climb", why="", command="", said="", status=1, expected=0, seconds=1.0)],
        tmp_path / "climb.mp4",
    )
    text = (tmp_path / "sound.html").read_text()
    assert "Everything came out as it should." in text
    assert "Why &lt;not&gt;." in text
    assert "ok &amp; done" in text
    assert "data:video/mp4;base64,ZmlsbQ==" in text
    assert "Not everything came out as it should." in (tmp_path / "broken.html").read_text()


@pytest.mark.long
@pytest.mark.skipif(not SSHD.exists(), reason=f"there is no {SSHD}: apt-get install openssh-server")
def test_from_policy_to_robot_and_back(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.robot_demo", "--output", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout
    assert (tmp_path / "climb.mp4").stat().st_size > 10_000
    assert "Everything came out as it should." in (tmp_path / "index.html").read_text()
