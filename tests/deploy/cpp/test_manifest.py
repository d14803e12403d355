"""The C++ runner binds a program to its manifest, and refuses manifests that are none."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from deploy.bundle.export import ExportConfig, export
from deploy.runtime.bundle import archive, manifest, trace
from deploy.runtime.bundle.fields import Quantity
from deploy.runtime.bundle.program import torchscript
from tests.support.bundles import about, key_pair
from tests.support.cpp import NEEDED, built, run, sealed, signed

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
    traces = trace.GoldenTrace({"angle": angle}, {"größe": angle, "kp": angle}, np.array([True]))
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
