"""The C++ runner: built with the machine's compiler against pip's torch, it replays the bundles of
shipped policies and refuses what Python refuses.
"""

import random
from pathlib import Path

import pytest

from deploy.bundle import golden
from deploy.bundle.artefacts import program_bytes
from deploy.bundle.export import ExportConfig, export
from deploy.runtime.bundle import archive, trace
from envs.robots.go2 import GO2
from tests.support.bundles import key_pair, random_actor, tiny
from tests.support.cpp import NEEDED, built, run, sealed

pytestmark = NEEDED


@pytest.fixture(scope="module")
def replay() -> Path:
    """The runner, built."""
    return built()


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return key_pair(tmp_path_factory.mktemp("key"))


@pytest.fixture(scope="module")
def shipped(key: Path) -> Path:
    """The bundle of the Go2's shipped policy."""
    return export(ExportConfig(key.with_name("go2.bundle"), "go2", key=key))


@pytest.fixture(scope="module")
def tracked(key: Path) -> Path:
    """The bundle of the tracked robot's shipped policy."""
    return export(ExportConfig(key.with_name("tracked.bundle"), "tracked", key=key))


@pytest.mark.parametrize("robot", ["shipped", "tracked"])
def test_it_repeats_the_golden_traces_of_the_shipped_policies(
    replay: Path, robot: str, key: Path, request: pytest.FixtureRequest
) -> None:
    status, said, errors = run(replay, request.getfixturevalue(robot), key.with_name("key.pub"))
    print("", *said, sep="\n")
    # On a busy machine a step may come late; what it says may not differ.
    late = said[-1].startswith("FAIL  latency")
    assert (status, errors) == (4 if late else 0, [])
    replayed = [line for line in said if line.startswith("pass  golden replay")]
    assert [line.split(": ")[0].rsplit(" ", 1)[1] for line in replayed] == [
        "position",
        "velocity",
        "torque",
        "kp",
        "kd",
    ]
    assert all(f"{golden.STEPS} steps" in line for line in replayed)
    assert "over 250 paced steps" in said[-1]


def test_flipped_bytes_are_refused_before_anything_is_loaded(
    replay: Path, shipped: Path, key: Path, tmp_path: Path
) -> None:
    data = shipped.read_bytes()
    damaged = tmp_path / "damaged.bundle"
    rng = random.Random(0)
    for position in (
        *rng.sample(range(len(data)), 15),
        *rng.sample(range(data.rindex(b"PK\1\2"), len(data)), 5),
    ):
        damaged.write_bytes(
            data[:position] + bytes([data[position] ^ rng.randrange(1, 256)]) + data[position + 1 :]
        )
        status, said, errors = run(replay, damaged, key.with_name("key.pub"))
        assert (status, said, len(errors)) == (3, [], 1), position


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [
        (b"U1NIU0lHAAAAAQ", b"U1NIU0lHAAAAAA"),
        (b"-----\nU1NI", b"-----\r\nU1NI"),
        (b"SIGNATURE-----\n", b"SIGNATURE-----\n\n"),
    ],
    ids=["version 0", "another line end", "more behind it"],
)
def test_a_signature_in_another_writing_is_refused(
    replay: Path, key: Path, tmp_path: Path, written: bytes, otherwise: bytes
) -> None:
    path = tmp_path / "rewritten.bundle"
    files = archive.unpack(tiny(key))
    assert written in files[archive.SIGNATURE]
    path.write_bytes(
        archive.pack(
            files | {archive.SIGNATURE: files[archive.SIGNATURE].replace(written, otherwise)}
        )
    )
    status, said, errors = run(replay, path, key.with_name("key.pub"))
    assert (status, said, len(errors)) == (3, [], 1)
    assert "signature is damaged" in errors[0]


def test_a_bundle_that_someone_else_signed_is_refused(
    replay: Path, shipped: Path, tmp_path: Path
) -> None:
    status, said, errors = run(replay, shipped, key_pair(tmp_path).with_name("key.pub"))
    assert (status, said, len(errors)) == (3, [], 1)
    assert "another key" in errors[0]


def test_a_program_that_does_not_repeat_its_traces_fails(
    replay: Path, key: Path, tmp_path: Path
) -> None:
    traces = trace.to_bytes(golden.record(GO2, random_actor(1), 30))
    path = sealed(
        tmp_path, key, {archive.PROGRAM: program_bytes(GO2, random_actor()), archive.GOLDEN: traces}
    )
    status, said, _ = run(replay, path, key.with_name("key.pub"))
    assert status == 4
    assert any(line.startswith("FAIL  golden replay, position") for line in said)


def test_what_is_signed_and_cannot_be_run_is_said_in_one_line(
    replay: Path, key: Path, tmp_path: Path
) -> None:
    for files, says in (
        ({archive.CARD: b""}, "no policy.ts"),
        ({archive.PROGRAM: b"nothing", archive.GOLDEN: b""}, "replay: "),
    ):
        status, _, errors = run(replay, sealed(tmp_path, key, files), key.with_name("key.pub"))
        assert (status, len(errors)) == (4, 1)
        assert says in errors[0]


def test_files_of_every_length_have_the_hash_that_the_manifest_lists(
    replay: Path, key: Path, tmp_path: Path
) -> None:
    files = {
        f"of{length}.bin": bytes(range(length)) for length in (*range(50, 70), *range(115, 135))
    }
    assert run(replay, sealed(tmp_path, key, files), key.with_name("key.pub"))[0] == 4


def test_wrong_arguments_and_files_that_are_not_there(
    replay: Path, key: Path, tmp_path: Path
) -> None:
    there = tmp_path / "tiny.bundle"
    nowhere = tmp_path / "nowhere"
    there.write_bytes(tiny(key))
    for status, words in (
        (2, ()),
        (2, (there,)),
        (1, (nowhere, key)),
        (1, (there, nowhere)),
        (1, (there, key)),
    ):
        found, said, errors = run(replay, *words)
        assert (found, said, len(errors)) == (status, [], 1)
