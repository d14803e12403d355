"""A bundle's bytes: a zip with one possible form for its content, so that any other byte is
refused.

Entries are stored, not compressed, at the zip epoch: first the manifest, then its signature, then
the others by name.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile

from deploy.runtime.bundle.fields import FILE_NAME
from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.errors import RefusedError

MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.sig"
PROGRAM = "policy.ts"
TWIN = "twin.npz"
GOLDEN = "golden.npz"
BLIND = "blind.ts"
"""A program for the same sensors that walks without a height map; not in every bundle."""
BLIND_GOLDEN = "blind.npz"
"""The blind program's golden traces."""
REPORT = "report.txt"
REPORT_JSON = "report.json"
CARD = "card.md"
CONTENT = (PROGRAM, TWIN, GOLDEN, REPORT, REPORT_JSON, CARD)
"""Files that every bundle has beside its manifest and signature."""
LARGEST = 64 * 2**20
"""Size of the largest bundle that is read [bytes]; a policy has about one megabyte."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_PLAIN_FILE = 0o100644 << 16


def pack(files: dict[str, bytes]) -> bytes:
    """The zip of `files`; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files, key=lambda name: (name != MANIFEST, name != SIGNATURE, name)):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _PLAIN_FILE
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """The files in a zip that `pack` wrote. Nothing is written to the disk, and nothing is believed
    yet: see `opening`.

    Raises:
        RefusedError: it is not a zip, or not exactly the one that `pack` makes of its content.
    """
    if len(data) > LARGEST:
        raise RefusedError(f"the bundle has {len(data)} bytes; at most {LARGEST} are read")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            files = {entry.filename: archive.read(entry) for entry in entries}
    # What zipfile raises on damaged input, by its source: besides its own error, whatever struct,
    # seeking and decoding say.
    except (
        zipfile.BadZipFile,
        struct.error,
        ValueError,
        OSError,
        EOFError,
        NotImplementedError,
        OverflowError,
        RuntimeError,
    ) as error:
        if isinstance(error, RefusedError):
            raise
        raise RefusedError(f"the bundle is damaged or not a zip: {error}") from error
    for name in (MANIFEST, SIGNATURE):
        if name not in files:
            raise RefusedError(f"the bundle has no {name}")
    if pack(files) != data:
        raise RefusedError("the bundle has bytes outside its files that do not belong there")
    return files


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse by name, form and size before a byte is read."""
    names = [entry.filename for entry in entries]
    for entry in entries:
        if not FILE_NAME.fullmatch(entry.filename):
            raise RefusedError(
                f"the bundle has an entry {entry.filename!r}, which is not a plain file name"
            )
        if names.count(entry.filename) > 1:
            raise RefusedError(f"the bundle has {entry.filename} more than once")
        if entry.external_attr != _PLAIN_FILE:
            raise RefusedError(f"the bundle's {entry.filename} is a link or not a plain file")
        if entry.compress_type != zipfile.ZIP_STORED:
            raise RefusedError(f"the bundle's {entry.filename} is compressed; entries are stored")
        if entry.file_size > LARGEST:
            raise RefusedError(
                f"the bundle's {entry.filename} has {entry.file_size} bytes; at most {LARGEST} "
                "are read"
            )


def hashes(files: dict[str, bytes]) -> dict[str, str]:
    """SHA-256 of each file, in hexadecimal."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def check_files(manifest: Manifest, files: dict[str, bytes]) -> None:
    """See that `files` are those that the manifest lists.

    Raises:
        RefusedError: one is missing, extra or different.
    """
    found = hashes(
        {name: data for name, data in files.items() if name not in (MANIFEST, SIGNATURE)}
    )
    for name in sorted(manifest.files.keys() | found.keys()):
        if name not in found:
            raise RefusedError(f"the bundle lacks {name}, which its manifest lists")
        if name not in manifest.files:
            raise RefusedError(f"the bundle has {name}, which its manifest does not list")
        if found[name] != manifest.files[name]:
            raise RefusedError(
                f"the bundle's {name} is not the one that its manifest lists: its SHA-256 differs"
            )
