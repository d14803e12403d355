"""The C++ runner, and bundles for it."""

import shutil
import subprocess
from pathlib import Path

import pytest
import torch

from deploy.bundle import assemble, signing
from deploy.runtime.bundle import archive
from deploy.runtime.bundle.manifest import Manifest
from tests import ROOT
from tests.support.bundles import about

SOURCES = ROOT / "deploy" / "cpp"
BUILD = ROOT / "build" / "cpp"
NEEDED = [
    pytest.mark.long,
    pytest.mark.skipif(
        not (shutil.which("cmake") and shutil.which("c++")),
        reason="there is no cmake or no C++ compiler",
    ),
]


def built() -> Path:
    """The runner."""
    options = (f"-DCMAKE_PREFIX_PATH={torch.utils.cmake_prefix_path}", "-DCMAKE_CXX_FLAGS=-Werror")
    subprocess.run(["cmake", "-S", SOURCES, "-B", BUILD, *options], check=True)
    subprocess.run(["cmake", "--build", BUILD], check=True)
    return BUILD / "replay"


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
