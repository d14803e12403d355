"""A checkpoint is whole or absent, and the one before it survives whatever happens."""

import errno
import hashlib
import os
from pathlib import Path
from typing import NoReturn

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents import checkpoint


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    path = checkpoint.save(tmp_path, 10, {"weights": torch.arange(3.0), "steps": 10})
    assert checkpoint.load(path)["weights"].tolist() == [0.0, 1.0, 2.0]


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    for steps in (5, 10, 2000):
        checkpoint.save(tmp_path, steps, {"steps": steps})
    assert [checkpoint.load(path)["steps"] for path in checkpoint.existing(tmp_path)] == [10, 2000]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[:200],
        lambda _: b"",
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    ],
)
def test_a_damaged_newest_checkpoint_is_passed_over(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    checkpoint.save(tmp_path, 10, {"steps": 10})
    path = checkpoint.save(tmp_path, 20, {"steps": 20})
    path.write_bytes(damage(path.read_bytes()))
    found = checkpoint.newest(tmp_path)
    assert found is not None
    assert found[1]["steps"] == 10
    with pytest.raises(checkpoint.CheckpointError, match="damaged"):
        checkpoint.load(path)


def test_an_empty_folder_has_no_checkpoint(tmp_path: Path) -> None:
    assert checkpoint.newest(tmp_path) is None
    with pytest.raises(checkpoint.CheckpointError, match="cannot read"):
        checkpoint.load(tmp_path / "checkpoint-1.pt")


def test_a_full_disk_is_an_error_and_leaves_the_old_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint.save(tmp_path, 10, {"steps": 10})

    def full(_: int) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        checkpoint.CheckpointError, match=r"No space left on device; free some space"
    ):
        checkpoint.save(tmp_path, 20, {"steps": 20})
    assert [path.name for path in tmp_path.iterdir()] == [checkpoint.NAME.format(steps=10)]
    found = checkpoint.newest(tmp_path)
    assert found is not None
    assert found[1]["steps"] == 10


def test_the_digest_is_of_the_newest_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checkpoint.main("digest", tmp_path) == 1
    assert "no valid checkpoint" in capsys.readouterr().err
    printed = []
    for steps, weight in ((10, 1.0), (20, 2.0), (30, 1.0)):
        checkpoint.save(
            tmp_path,
            steps,
            {"policy": {"a": torch.full((2,), weight), "b": torch.zeros(1)}, "steps": steps},
        )
        assert checkpoint.main("digest", tmp_path) == 0
        printed.append(capsys.readouterr().out.strip())
    assert printed[0] == printed[2] != printed[1]
    assert len(printed[0]) == 64


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=400), st.integers(0, 2**32), st.integers(0, 255))
def test_no_content_of_a_checkpoint_is_more_than_an_error(
    tmp_path: Path, junk: bytes, place: int, value: int
) -> None:
    """Junk, junk under a valid hash, and one changed byte anywhere."""
    path = checkpoint.write(
        tmp_path / "checkpoint-1.pt", {"policy": {"a": torch.arange(9.0)}, "steps": 1}
    )
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[place % len(whole)] = value
    hashed = checkpoint._MAGIC + hashlib.sha256(junk).hexdigest().encode() + b"\n" + junk
    for content in (junk, hashed, bytes(changed)):
        path.write_bytes(content)
        if content == whole:
            continue
        with pytest.raises(checkpoint.CheckpointError, match=r"checkpoint-1\.pt"):
            checkpoint.load(path)
        assert checkpoint.newest(tmp_path) is None
