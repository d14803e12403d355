"""A bundle's bytes become its manifest and files, or are refused: form, signature, manifest,
hashes, in this order, and nothing is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from deploy.runtime import disk
from deploy.runtime.bundle import archive, manifest, signature
from deploy.runtime.bundle.manifest import Manifest


def opened(data: bytes, check: Callable[[bytes, bytes], None]) -> tuple[Manifest, dict[str, bytes]]:
    """Manifest and files of a bundle whose manifest and signature `check` accepts.

    Raises:
        RefusedError: its form, its signature, its manifest or a hash is wrong.
    """
    files = archive.unpack(data)
    check(files[archive.MANIFEST], files[archive.SIGNATURE])
    about = manifest.from_bytes(files[archive.MANIFEST])
    archive.check_files(about, files)
    return about, files


def open_bundle(path: Path, public_key: Path) -> tuple[Manifest, dict[str, bytes]]:
    """As `opened`, of the file `path`, with the machine's own ssh-keygen and the .pub file
    `public_key`: all that a robot has.

    Raises:
        DeployError: a file cannot be read, or there is no ssh-keygen.
        RefusedError: as `opened`.
    """
    public = signature.load_public(public_key)
    return opened(
        disk.read(path, archive.LARGEST),
        lambda message, signed: signature.verify(message, signed, public),
    )
