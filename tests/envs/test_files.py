"""Atomic writes on the host."""

import errno
import os
import stat
from pathlib import Path
from typing import NoReturn

import pytest

from envs.files import atomic


def test_file_and_folder_reach_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = list[bool]()
    fsync = os.fsync

    def note(handle: int) -> None:
        flushed.append(stat.S_ISDIR(os.fstat(handle).st_mode))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    with atomic(tmp_path / "file.json") as partial:
        assert partial.suffix == ".json"
        partial.write_text("new")
        assert not (tmp_path / "file.json").exists()
    assert flushed == [False, True]
    assert (tmp_path / "file.json").read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "file.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"), atomic(path) as partial:
        partial.write_text("new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
