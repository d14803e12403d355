"""Bundles: one form for one content; whatever is missing, extra or changed is refused before
anything is loaded.
"""

import io
import json
import random
import zipfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from deploy.bundle import signing
from deploy.bundle.assemble import sealed
from deploy.bundle.describe import facts
from deploy.bundle.verify import opened
from deploy.runtime.bundle import archive, manifest, signature
from deploy.runtime.errors import RefusedError
from envs.programs.sensors import JointCommand, Sensors
from envs.robots import ROBOTS
from envs.robots.go2 import GO2
from envs.robots.spec import RobotSpec
from tests.envs.programs.test_controller import readings
from tests.support.bundles import about, key_pair, tiny


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return key_pair(tmp_path_factory.mktemp("key"))


@pytest.fixture(scope="module")
def public(key: Path) -> bytes:
    return signature.load_public(key.with_name("key.pub"))


def flipped(data: bytes, position: int, flip: int) -> bytes:
    return data[:position] + bytes([data[position] ^ flip]) + data[position + 1 :]


def repacked(data: bytes, change: Any) -> bytes:
    """The bundle after `change` of its files, with the old signature."""
    files = archive.unpack(data)
    change(files)
    return archive.pack(files)


def test_the_same_content_gives_the_same_bytes_and_reads_back(key: Path, public: bytes) -> None:
    data = tiny(key)
    assert data == tiny(key)
    listed, files = opened(data, public)
    assert files["policy.ts"] == b"program"
    assert listed.files.keys() == {"policy.ts", "card.md"}


def test_every_single_flipped_byte_is_refused(key: Path, public: bytes) -> None:
    data = tiny(key)
    for position in range(len(data)):
        with pytest.raises(RefusedError):
            opened(flipped(data, position, random.Random(position).randrange(1, 256)), public)


@pytest.mark.long
def test_every_bit_of_every_byte_is_covered(key: Path, public: bytes) -> None:
    data = tiny(key)
    for position in range(len(data)):
        for bit in range(8):
            with pytest.raises(RefusedError):
                opened(flipped(data, position, 1 << bit), public)


def test_every_shortened_bundle_and_what_stands_before_or_behind_is_refused(
    key: Path, public: bytes
) -> None:
    data = tiny(key)
    for wrong in (
        *(data[:end] for end in range(0, len(data), 7)),
        b" " + data,
        data + b"\0",
        data + data,
        b"",
        b"PK",
    ):
        with pytest.raises(RefusedError):
            opened(wrong, public)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda files: files.pop("card.md"), "lacks card.md"),
        (lambda files: files.update({"more.txt": b""}), "does not list"),
        (lambda files: files.update({"policy.ts": b"other"}), "SHA-256 differs"),
        (lambda files: files.pop("manifest.json"), "has no manifest"),
        (lambda files: files.pop("manifest.json.sig"), "has no manifest.json.sig"),
        (lambda files: files.update({"../up.txt": b""}), "not a plain file name"),
        (lambda files: files.update({"/etc/passwd": b""}), "not a plain file name"),
        (lambda files: files.update({"dir/x.txt": b""}), "not a plain file name"),
    ],
)
def test_what_the_manifest_does_not_say_is_refused(
    key: Path, public: bytes, change: Any, says: str
) -> None:
    with pytest.raises(RefusedError, match=says):
        opened(repacked(tiny(key), change), public)


@pytest.mark.parametrize(
    ("mode", "compression", "says"),
    [(0o120777, zipfile.ZIP_STORED, "link"), (0o100644, zipfile.ZIP_DEFLATED, "compressed")],
)
def test_links_and_bombs_are_refused_unread(mode: int, compression: int, says: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        entry = zipfile.ZipInfo("policy.ts")
        entry.create_system = 3
        entry.external_attr = mode << 16
        entry.compress_type = compression
        packed.writestr(entry, bytes(10**6))
    with pytest.raises(RefusedError, match=says):
        archive.unpack(buffer.getvalue())


def test_an_entry_that_is_there_twice_is_refused() -> None:
    data = archive.pack({"a.txt": b"1", "b.txt": b"2"}).replace(b"b.txt", b"a.txt")
    with pytest.raises(RefusedError, match="more than once"):
        archive.unpack(data)


def test_manifests_read_back_to_the_last_bit() -> None:
    there = about(provenance={"third": 1 / 3, "tiny": 5e-324})
    assert manifest.from_bytes(manifest.to_bytes(there)) == there


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schema": 1}, "export it again: python -m deploy export --policy NAME --key KEY"),
        ({"schema": "2"}, "schema is not of the type int"),
        ({"version": "1"}, "three numbers"),
        ({"robot": 3}, "robot is not of the type"),
        ({"kp": (1.0,)}, "one for each joint"),
        ({"joint_names": ("FR_hip_joint",) * 12}, "one for each joint"),
        ({"lower": GO2.upper}, "lower joint limit"),
        ({"control_period": 0.0}, "control_period is not positive"),
        ({"rise_time": -1.0}, "rise_time is not positive"),
        ({"max_temperature": 80}, "max_temperature is not of the type float"),
        ({"min_battery": 1.0}, "not between 0 and 1"),
        ({"damping": (2.0,) * 11}, "one for each joint"),
        ({"damping": (2.0,) * 11 + (0.0,)}, "damping is not positive"),
        ({"hold_kp": (60.0,) * 11 + (-60.0,)}, "hold_kp is negative"),
        ({"hold_kd": (2,) * 12}, "hold_kd is not of the type"),
        (
            {
                "sensors": (
                    {
                        "name": "map",
                        "shape": [2, 2],
                        "grid": {"start": [0.0, 0.0], "step": [0.1, 0.0]},
                    },
                )
            },
            "a start and a positive step",
        ),
        ({"files": {"../x": "0" * 64}}, "plain file name"),
        ({"files": {"x.ts": "0"}}, "plain file name"),
    ],
)
def test_manifests_that_contradict_themselves_are_refused_even_if_signed(
    key: Path, public: bytes, changes: dict[str, Any], says: str
) -> None:
    text = manifest.to_bytes(replace(about(), **changes))
    data = archive.pack(
        {archive.MANIFEST: text, archive.SIGNATURE: signing.sign(text, signing.load_private(key))}
    )
    with pytest.raises(RefusedError, match=says):
        opened(data, public)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"schema":2}', b"\xff", b"[" * 100_000, b'{"a":NaN}']
)
def test_what_is_no_manifest_is_refused(text: bytes) -> None:
    with pytest.raises(RefusedError, match=r"cannot be read|lacks"):
        manifest.from_bytes(text)


def test_a_manifest_of_another_schema_is_refused_by_its_schema() -> None:
    with pytest.raises(RefusedError, match="the bundle has schema 1, this version reads 2; export"):
        manifest.from_bytes(b'{"schema":1}')


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"damping": (1e308,) * 12}, "damping is not finite"),
        ({"stance": (9.0,) * 12}, "stance is outside of the joints' limits"),
        ({"motor_index": (0,) * 12}, "motor_index does not name each motor once"),
        ({"robot": "a1\nb"}, "robot is 'a1.*not a plain name"),
        ({"name": "../x"}, "name is '../x', which is not a plain name"),
        ({"sensors": ()}, "sensors are none, or one is there twice"),
        ({"commands": about().commands[:1] * 2}, "commands are none, or one is there twice"),
        ({"commands": ({"name": "position", "shape": [11]},)}, "position is not one for each"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(RefusedError, match=says):
        manifest.check(about(**changes))


def test_what_a_manifest_lacks_or_has_too_much_is_named() -> None:
    content = json.loads(manifest.to_bytes(about()))
    del content["hold_kp"]
    with pytest.raises(RefusedError, match="lacks hold_kp and has wings; export the bundle again"):
        manifest.from_bytes(json.dumps(content | {"wings": 2}).encode())


@pytest.mark.parametrize("figure", [float("inf"), float("nan")])
def test_figures_that_are_not_finite_are_refused_before_they_are_signed(figure: float) -> None:
    for changes in ({"patience": figure}, {"stance": (figure,) * 12}):
        with pytest.raises(RefusedError, match="is not finite"):
            manifest.check(about(**changes))


@pytest.mark.parametrize("spec", ROBOTS.values(), ids=ROBOTS)
def test_the_manifest_has_all_of_a_robots_handling(spec: RobotSpec) -> None:
    there = facts(spec)
    assert asdict(spec.handling).items() <= there.items()
    manifest.check(about(**there))


def test_not_a_number_cannot_be_signed(key: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        sealed(about(provenance={"x": float("nan")}), {}, signing.load_private(key))


def test_the_manifest_names_the_programs_arguments_and_results() -> None:
    there = facts(GO2)
    assert tuple(item["name"] for item in there["sensors"]) == Sensors._fields
    assert tuple(item["name"] for item in there["commands"]) == JointCommand._fields
    assert [item["shape"] for item in there["sensors"]] == [
        list(part.shape[1:]) for part in readings(1)
    ]
