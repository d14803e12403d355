"""What this robot says about itself."""

from __future__ import annotations

import subprocess

from deploy.runtime import disk
from deploy.runtime.bundle import archive, manifest
from deploy.runtime.errors import DeployError, SchemaError
from deploy.runtime.target import service
from deploy.runtime.target.checks import Facts
from deploy.runtime.target.config import load_config, load_state
from deploy.runtime.target.layout import Layout, sha256

_ASK = (
    "import sys; from importlib.metadata import version as v; v('numpy'); "
    "print('.'.join(map(str, sys.version_info[:3])), v('torch'))"
)


def facts(layout: Layout) -> Facts:
    """Everything that the checks of a flash look at.

    Raises:
        NotProvisionedError: there is no installation.
    """
    config = load_config(layout)
    state = load_state(layout)
    seen = service.see(layout, config)
    (python, torch) = versions(config.python)
    running = layout.running()
    return Facts(
        robot=config.robot,
        schema=manifest.SCHEMA,
        python=python,
        torch=torch,
        keeper=config.service,
        service=seen,
        current=_release(layout, running),
        previous=_release(layout, state.previous),
        proven=running == state.proven,
        highest=state.highest,
    )


def versions(python: str) -> tuple[str, str]:
    """Versions of the interpreter and of its torch, which is not imported; empty where there is
    none, or no numpy.
    """
    try:
        done = subprocess.run(
            [python, "-c", _ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "", ""
    words = done.stdout.split()
    return (words[0], words[1]) if len(words) == 2 else ("", "")


def arrived(layout: Layout, digest: str) -> tuple[int, str]:
    """How many bytes of a bundle are here, and their SHA-256: proof that an upload can go on where
    it was torn off.
    """
    for path in (layout.partial(digest), layout.release(digest)):
        if path.exists():
            return path.stat().st_size, sha256(path)
    return 0, ""


def _release(layout: Layout, digest: str | None) -> list[str]:
    """Name, version and digest of a release; empty without one. One that cannot be read has what is
    wrong with it for its name, and no version: it takes a flash to mend it.
    """
    if digest is None:
        return []
    try:
        about = manifest.from_bytes(
            archive.unpack(disk.read(layout.release(digest), archive.LARGEST))[archive.MANIFEST]
        )
    except SchemaError as error:
        return [f"schema {error.schema}, export it again", "", digest]
    except DeployError:
        return ["damaged", "", digest]
    return [about.name, about.version, digest]
