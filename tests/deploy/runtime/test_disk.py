"""Atomic writes on the robot."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from deploy.runtime import disk
from deploy.runtime.errors import DeployError


@pytest.mark.parametrize("write", [disk.write, disk.replace])
def test_file_and_folder_reach_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[..., object]
) -> None:
    flushed = list[bool]()
    fsync = os.fsync

    def note(handle: int) -> None:
        flushed.append(stat.S_ISDIR(os.fstat(handle).st_mode))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    path = tmp_path / "file"
    write(path, b"new", mode=0o600)
    assert flushed == [False, True]
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        disk.replace(path, b"new")
    with pytest.raises(DeployError, match=r"cannot write .*: No space left"):
        disk.write(tmp_path / "other", b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_is_never_written_over_another(tmp_path: Path) -> None:
    path = disk.write(tmp_path / "file", b"old")
    with pytest.raises(DeployError, match="exists"):
        disk.write(path, b"new")
    with pytest.raises(DeployError, match="there is no folder"):
        disk.write(tmp_path / "folder" / "file", b"new")
    assert path.read_bytes() == b"old"
