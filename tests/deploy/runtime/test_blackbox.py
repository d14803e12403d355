"""The black box: what was written is read back, also of a process that was killed, and a torn
record is left out.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from deploy.robot import log
from deploy.robot.log import LogConfig
from deploy.runtime.errors import DeployError
from deploy.runtime.loop import blackbox, records
from deploy.runtime.loop.blackbox import BlackBox
from tests.support.bundles import about
from tests.support.ticks import Model, Program, drive, lost

FIELDS = [("value", "<f8"), ("row", "<f4", 3)]


def filled(path: Path, count: int, ticks: int = 10) -> None:
    box = BlackBox(path=path, about={"who": "test"}, fields=FIELDS, ticks=ticks)
    for value in range(count):
        box.write((float(value), [value, 0, 0]))
    box.close()


@pytest.mark.parametrize("count", [0, 1, 10, 27])
def test_the_newest_ticks_are_there_in_their_order(tmp_path: Path, count: int) -> None:
    filled(tmp_path / "box", count)
    there, found = blackbox.read(tmp_path / "box")
    assert there["who"] == "test"
    np.testing.assert_array_equal(found["value"], np.arange(max(0, count - 10), count))
    np.testing.assert_array_equal(found["row"][:, 0], found["value"])


def test_a_torn_record_is_left_out_and_the_others_are_not(tmp_path: Path) -> None:
    filled(tmp_path / "box", 10)
    size = blackbox.record_type(FIELDS).itemsize
    data = bytearray((tmp_path / "box").read_bytes())
    data[blackbox.HEADER + 4 * size + 10] ^= 1
    (tmp_path / "box").write_bytes(data)
    assert blackbox.read(tmp_path / "box")[1]["value"].tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    (tmp_path / "box").write_bytes(data[: -size - 3])
    assert blackbox.read(tmp_path / "box")[1]["value"].tolist() == [0, 1, 2, 3, 5, 6, 7]


def test_what_is_no_black_box_or_is_there_already_is_said(tmp_path: Path) -> None:
    for content in (b"", b"text", blackbox.MAGIC + b"{}"):
        (tmp_path / "box").write_bytes(content)
        with pytest.raises(DeployError, match="is no black box"):
            blackbox.read(tmp_path / "box")
    with pytest.raises(DeployError, match="cannot read"):
        blackbox.read(tmp_path / "nowhere")
    with pytest.raises(DeployError, match="choose another folder"):
        filled(tmp_path / "box", 1)


def test_only_the_newest_are_kept_and_two_of_a_second_have_two_names(tmp_path: Path) -> None:
    for day in range(30):
        (tmp_path / f"202601{day:02d}-000000-7.blackbox").touch()
    path = blackbox.new(tmp_path)
    assert path.parent == tmp_path
    assert sorted(there.name[6:8] for there in tmp_path.iterdir()) == [
        str(day) for day in range(10, 30)
    ]
    assert not path.exists()
    assert str(os.getpid()) in path.name


def test_a_walk_that_ended_in_a_guard_is_told_and_drawn(tmp_path: Path) -> None:
    box = BlackBox(tmp_path / "box", records.about(about()), records.fields(12))
    for inputs, outcome in drive(Model(lost), Program()):
        box.write(records.record(manifest=about(), inputs=inputs, outcome=outcome, took=0.001))
    said = log.log(LogConfig(tmp_path / "box", tmp_path / "pictures")).splitlines()
    assert [line.split()[2:] for line in said[1:7]] == [
        ["damped"],
        ["armed"],
        ["rising"],
        ["ready"],
        ["running"],
        ["holding", "height", "map"],
    ]
    assert "took: p50 1.00 ms" in said[-2]
    for name in log.PICTURES:
        assert (tmp_path / "pictures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_before_the_robots_first_message_there_is_a_record_too(tmp_path: Path) -> None:
    box = BlackBox(tmp_path / "box", records.about(about()), records.fields(12))
    ((inputs, outcome),) = drive(Model(lambda *_: (None, None)), Program(), ticks=1)
    box.write(records.record(manifest=about(), inputs=inputs, outcome=outcome, took=0.0))
    _, found = blackbox.read(tmp_path / "box")
    assert np.isnan(found["joint_position"]).all()
    assert found["trips"].tolist() == [1]
