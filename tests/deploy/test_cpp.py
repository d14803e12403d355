"""The C++ runner: built with the machine's compiler against pip's torch, it replays the bundles of
shipped policies and refuses what Python refuses.
"""

import io
import json
import random
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from deploy.bundle import assemble, golden, signing
from deploy.bundle.artefacts import program_bytes
from deploy.bundle.export import ExportConfig, export
from deploy.runtime.bundle import archive, manifest, trace
from deploy.runtime.bundle.manifest import Manifest, Quantity
from deploy.runtime.bundle.program import torchscript
from envs.robots.go2 import GO2
from tests import ROOT
from tests.support.bundles import about, key_pair, random_actor, tiny

SOURCES = ROOT / "deploy" / "cpp"
BUILD = ROOT / "build" / "cpp"
JSON = r"""{"a":[1,-0.5e+3,"x\u00e4\ud83d\ude00\ud800\"\\\/\b\f\n\r\t",null,true,false,[],{}, 1E9,0,
10.25e-400,1e999,12345678901234567890], "b" : {"":{"c":[[[{"d":0.1}]]]}}}"""
"""Everything that JSON has."""
NUMBERS = ("7", "-0", " 0 ", "-", "01", "1.", ".5", "+1", "1e", "0x1", "1 2", "NaN", "-Infinity")
STRINGS = ('""', '"', '"\\', '"\\u12', '"\\x"', '"\t"', "'a'", "a")
WHOLES = (" null ", "nul", "", " ", "[", "[1,]", "{1:2}", '{"a"}', '{"a":1,}', '{"a":1,"a":1}')
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not (shutil.which("cmake") and shutil.which("c++")),
        reason="there is no cmake or no C++ compiler",
    ),
]


@pytest.fixture(scope="module")
def replay() -> Path:
    """The runner, built."""
    options = (f"-DCMAKE_PREFIX_PATH={torch.utils.cmake_prefix_path}", "-DCMAKE_CXX_FLAGS=-Werror")
    subprocess.run(["cmake", "-S", SOURCES, "-B", BUILD, *options], check=True)
    subprocess.run(["cmake", "--build", BUILD], check=True)
    return BUILD / "replay"


@pytest.fixture(scope="module")
def json_lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner's reader of JSON by itself, built so that a step out of bounds ends it."""
    path = tmp_path_factory.mktemp("json") / "json_lines"
    source = Path(__file__).with_name("json_lines.cpp")
    warnings = ("-Wall", "-Wextra", "-Werror")
    checks = ("-D_GLIBCXX_ASSERTIONS", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")
    words = ("c++", "-std=c++20", *warnings, *checks, "-I", SOURCES, "-o", path, source)
    subprocess.run(words, check=True)
    return path


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


def run(replay: Path, *words: Path) -> tuple[int, list[str], list[str]]:
    done = subprocess.run([replay, *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


def sealed(folder: Path, key: Path, files: dict[str, bytes], of: Manifest | None = None) -> Path:
    path = folder / "made.bundle"
    path.write_bytes(assemble.sealed(of or about(), files, signing.load_private(key)))
    return path


def signed(folder: Path, key: Path, text: bytes) -> Path:
    """A bundle of nothing but the manifest `text`, whatever that is."""
    path = folder / "signed.bundle"
    signature = signing.sign(text, signing.load_private(key))
    path.write_bytes(archive.pack({archive.MANIFEST: text, archive.SIGNATURE: signature}))
    return path


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


def renamed(quantities: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
    return (*quantities[:-1], quantities[-1] | {"name": "other"})


def longer(quantities: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
    return (*quantities[:-1], quantities[-1] | {"shape": [13]})


@pytest.mark.parametrize(
    ("field", "change", "says"),
    [
        ("commands", renamed, "the golden traces lack commands.other"),
        ("commands", lambda five: five[:4], "the program has 5 outputs, its manifest 4 commands"),
        ("commands", lambda five: (*five, five[0]), "the program has 5 outputs, its manifest 6"),
        ("commands", longer, "commands.kd has the shape [400, 12], by the manifest [400, 13]"),
        ("sensors", renamed, "the program takes height_map where its manifest has other"),
        ("sensors", lambda six: six[1:], "the program takes 6 inputs, its manifest has 5 sensors"),
        ("sensors", longer, "height_map has the shape [400, 29, 7], by the manifest [400, 13]"),
    ],
)
def test_a_manifest_that_disagrees_with_the_program_is_refused(
    replay: Path,
    shipped: Path,
    key: Path,
    tmp_path: Path,
    field: str,
    change: Callable[[tuple[Quantity, ...]], tuple[Quantity, ...]],
    says: str,
) -> None:
    files = archive.unpack(shipped.read_bytes())
    found = manifest.from_bytes(files.pop(archive.MANIFEST))
    del files[archive.SIGNATURE]
    changed: dict[str, Any] = {field: change(getattr(found, field))}
    path = sealed(tmp_path, key, files, replace(found, **changed))
    status, _, errors = run(replay, path, key.with_name("key.pub"))
    assert (status, len(errors)) == (4, 1)
    assert says in errors[0]


def small(folder: Path, key: Path, answer: str) -> Path:
    """The bundle of a program that takes an "angle" of two numbers and returns `answer`, but by its
    manifest and golden traces twice what it takes: as "größe" and as "kp".
    """
    source = f"def forward(self, angle):\n  return {answer}\ndef reset(self) -> None:\n  pass\n"
    buffer = io.BytesIO()
    angle = np.zeros((1, 2), np.float32)
    with torchscript():
        # A type of its own each time, since a type keeps its methods.
        program = type("Small", (torch.jit.ScriptModule,), {})()
        program.define(source)
        torch.jit.save(program, buffer)
    traces = trace.Trace({"angle": angle}, {"größe": angle, "kp": angle}, np.array([True]))
    sensor, *commands = ({"name": name, "shape": [2]} for name in ("angle", "größe", "kp"))
    told = about(sensors=(sensor,), commands=tuple(commands), control_period=0.001)
    files = {archive.PROGRAM: buffer.getvalue(), archive.GOLDEN: trace.to_bytes(traces)}
    return sealed(folder, key, files, told)


def test_names_and_shapes_are_those_of_the_manifest(
    replay: Path, key: Path, tmp_path: Path
) -> None:
    path = small(tmp_path, key, "(angle, angle)")
    _, said, errors = run(replay, path, key.with_name("key.pub"))
    assert errors == []
    assert [line.split(":")[0] for line in said[1:3]] == [
        "pass  golden replay, größe",
        "pass  golden replay, kp",
    ]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("angle", "the program does not answer with a tuple"),
        ("(angle, [angle])", "the program's kp is not a tensor"),
        ("(angle, angle, angle)", "the program has 3 outputs, its manifest 2 commands"),
        ("(angle, angle[:, :1])", "the program's kp has the shape [1, 1], by the manifest [1, 2]"),
        ("(angle, angle[0])", "the program's kp has the shape [2], by the manifest [1, 2]"),
        ("(angle, angle.reshape(3))", "shape '[3]' is invalid"),
    ],
)
def test_a_program_that_answers_otherwise_is_refused(
    replay: Path, key: Path, tmp_path: Path, answer: str, says: str
) -> None:
    status, _, errors = run(replay, small(tmp_path, key, answer), key.with_name("key.pub"))
    assert (status, len(errors)) == (4, 1)
    assert says in errors[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text[:-1], "not JSON"),
        (lambda text: text + b"\0", "not JSON"),
        (lambda _: b"", "not JSON"),
        (lambda _: b"[" * 100_000, "not JSON"),
        (lambda _: b"[]", "content is of a wrong type"),
        (lambda text: text.replace(b'"commands":', b'"orders":'), "has no commands"),
        (lambda _: manifest.to_bytes(about(commands=())), "lists no commands"),
        (lambda text: text.replace(b'"name":"kd"', b'"name":"k\\n"'), "plain name"),
        (lambda text: text.replace(b'"name":"kd"', b'"name":7'), "name is of a wrong type"),
        (lambda text: text.replace(b"[29,7]", b"[29,-7]"), "positive integers"),
        (lambda text: text.replace(b"[29,7]", b"[29,1e99]"), "positive integers"),
        (lambda text: text.replace(b"[29,7]", b"[29,7.5]"), "positive integers"),
        (
            lambda text: text.replace(b'"control_period":', b'"control_period":-'),
            "control_period is not positive",
        ),
        (
            lambda text: text.replace(b'"schema":2', b'"schema":1'),
            "the bundle has schema 1, this version reads 2; export it again: "
            "python -m deploy export --policy NAME --key KEY",
        ),
        (lambda text: text.replace(b'"schema":2', b'"schema":"2"'), "schema is of a wrong type"),
        (lambda text: text.replace(b'"files":{}', b'"files":{"a.txt":"00"}'), "SHA-256"),
    ],
)
def test_a_signed_manifest_that_is_none_is_refused(
    replay: Path, key: Path, tmp_path: Path, change: Callable[[bytes], bytes], says: str
) -> None:
    text = change(manifest.to_bytes(about()))
    assert text != manifest.to_bytes(about())
    status, said, errors = run(replay, signed(tmp_path, key, text), key.with_name("key.pub"))
    assert (status, said, len(errors)) == (3, [], 1)
    assert says in errors[0]


def test_a_manifest_may_have_more_than_is_known_today(
    replay: Path, key: Path, tmp_path: Path
) -> None:
    more = {"commands": [{"files": {}}], "files": {"a": [None, True, 1e300, "\udcff\U0001f600"]}}
    added = b'{"added":' + json.dumps(more).encode() + b","
    text = manifest.to_bytes(about()).replace(b"{", added, 1)
    status, _, errors = run(replay, signed(tmp_path, key, text), key.with_name("key.pub"))
    assert (status, len(errors)) == (4, 1)
    assert "no policy.ts" in errors[0]


def mutants(count: int) -> Iterator[str]:
    """Texts that differ from `JSON` in a few characters; most of them are no JSON."""
    rng = random.Random(0)
    for _ in range(count):
        text = list(JSON)
        for _ in range(rng.randrange(1, 4)):
            place = rng.randrange(len(text) + 1)
            other = rng.choices(JSON + "\1\nä", k=rng.randrange(3))
            text[place : place + rng.randrange(3)] = other
        yield "".join(text)


def refuse(_: str) -> None:
    """Python reads NaN and Infinity too, which are no JSON."""
    raise ValueError


def once(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, of which Python would forget that it has a name twice."""
    found = dict(items)
    if len(found) < len(items):
        raise ValueError
    return found


def as_python_reads(text: str) -> str:
    """What json_lines.cpp should say of the text."""
    try:
        found = json.loads(text, parse_int=float, parse_constant=refuse, object_pairs_hook=once)
    except ValueError:
        return "no"
    return written(found)


def written(value: Any) -> str:
    """`value` as json_lines.cpp writes it."""
    if isinstance(value, dict):
        items = (f"{written(name)}:{written(item)}," for name, item in sorted(value.items()))
        return "{" + "".join(items) + "}"
    if isinstance(value, list):
        return "[" + "".join(f"{written(item)}," for item in value) + "]"
    if isinstance(value, str):
        return f'"{value.encode("utf-8", "surrogatepass").hex()}"'
    if isinstance(value, float):
        return str(*struct.unpack("Q", struct.pack("d", value)))
    return str(value)


def test_json_is_read_as_python_reads_it(json_lines: Path) -> None:
    texts = [JSON, *NUMBERS, *STRINGS, *WHOLES, *mutants(10_000)]
    given = "".join(f"{text}\0" for text in texts).encode()
    done = subprocess.run([json_lines], input=given, capture_output=True, check=True)
    expected = [as_python_reads(text) for text in texts]
    assert done.stdout.decode().splitlines() == expected
    assert 500 < sum(line != "no" for line in expected) < 5000


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
