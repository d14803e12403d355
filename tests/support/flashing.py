"""A robot's computer for tests of flashing: a real sshd, and bundles that are real but small.

It runs Python 3.8 if there is one.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, Any

import pytest

from deploy.bundle import assemble, signing
from deploy.robot.connection import Connection, step
from deploy.robot.flash import FlashConfig, flash
from deploy.robot.local_host import local_host
from deploy.robot.provision import ProvisionConfig, provision
from deploy.runtime.bundle import archive
from deploy.runtime.bundle.opening import open_bundle
from deploy.runtime.errors import DeployError
from deploy.runtime.target import supervised
from deploy.runtime.target.layout import Layout, held, sha256
from tests.support.bundles import about, key_pair

TESTS = Path(__file__).resolve().parent
OLD_PYTHON = Path.home() / ".pyenv/versions/3.8.18/bin/python3"
PYTHON = OLD_PYTHON if OLD_PYTHON.exists() else Path(sys.executable)


@dataclass(frozen=True)
class Robot:
    """A provisioned robot and the key that it trusts."""

    folder: Path
    connection: Connection
    key: Path
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    seconds: list[float] = field(default_factory=list)
    """How long whole flashes took."""

    @property
    def layout(self) -> Layout:
        return Layout(Path(self.connection.root))

    @property
    def public(self) -> Path:
        return self.key.with_name(self.key.name + ".pub")

    def says(self, status: str) -> None:
        """What the loop that runs says of itself from now on."""
        (self.folder / "mood").write_text(status)
        until = time.monotonic() + 30.0
        while json.loads(supervised.state(self.layout).read_bytes())["status"] != status:
            assert time.monotonic() < until, "the loop does not run"
            time.sleep(0.02)

    def next_version(self) -> str:
        """One above all before."""
        return f"1.{next(self.numbers)}.0"

    def bundle(self, version: str, card: str = "sound", size: int = 3000, **changes: Any) -> Path:
        """A signed bundle that the stand-in understands."""
        files = {name: name.encode() * (size // 10) for name in archive.CONTENT} | {
            archive.CARD: card.encode()
        }
        path = self.folder / f"{version}.bundle"
        path.write_bytes(
            assemble.sealed(
                about(version=version, **changes), files, signing.load_private(self.key)
            )
        )
        return path

    def flash(self, path: Path) -> tuple[int, str]:
        """Flash `path` from this process: exit status and what is said."""
        return attempt(lambda: flash(FlashConfig(path, self.connection, self.public)))

    def provision(self) -> tuple[int, str]:
        """Make the installation, or bring it up to date."""
        settings = ProvisionConfig(
            self.connection,
            self.public,
            link="sim",
            python=str(self.folder / "bin/loop"),
            service="process",
            health_seconds=1.0,
        )
        return attempt(lambda: provision(settings))

    def install(self, path: Path) -> tuple[int, str]:
        """The last step of a flash alone."""
        digest = sha256(path)
        return attempt(lambda: str(step(self.connection, "install", "--digest", digest)))

    def cut_off(self, path: Path) -> Path:
        """Upload half of `path` and lose the connection; where it is on the robot."""
        data = path.read_bytes()
        partial = self.layout.partial(sha256(path))

        def feed(pipe: IO[bytes]) -> None:
            pipe.write(data[: len(data) // 2])
            pipe.flush()
            while not (partial.exists() and partial.stat().st_size):
                time.sleep(0.01)
            raise ConnectionAbortedError

        with pytest.raises(ConnectionAbortedError):
            step(self.connection, "upload", "--digest", partial.stem, "--offset", "0", feed=feed)
        # The robot's side ends when it notices.
        with held(self.layout.lock):
            return partial

    def version(self) -> str:
        """What `current` names: a release that is complete and verified, or the test fails."""
        digest = self.layout.running()
        assert digest is not None
        assert sha256(self.layout.current) == digest
        return open_bundle(self.layout.current, self.layout.key)[0].version

    def installed(self) -> dict[str, str]:
        """As `listing`, without what a service writes when it starts."""
        return {
            name: content
            for name, content in self.listing().items()
            if not name.startswith("service/")
        }

    def listing(self) -> dict[str, str]:
        """Every file of the installation, and its SHA-256 or where it leads."""
        found = sorted(
            path for path in self.layout.root.rglob("*") if path.is_symlink() or path.is_file()
        )
        return {
            str(path.relative_to(self.layout.root)): str(path.readlink())
            if path.is_symlink()
            else hashlib.sha256(path.read_bytes()).hexdigest()
            for path in found
        }


@contextmanager
def robot(folder: Path) -> Iterator[Robot]:
    """A provisioned robot whose loop is the stand-in, with nothing flashed yet.

    Its service ends with the context.
    """
    tools = folder / "bin"
    ssh = folder / "ssh"
    root = folder / "treadwell"
    for each in (tools, ssh, root):
        each.mkdir()
    (folder / "mood").write_text("damped")
    _script(tools / "python3", f"{PYTHON} {TESTS / 'killed_step.py'} {folder}")
    _script(tools / "loop", f"{PYTHON} {TESTS / 'stand_in_loop.py'} {folder / 'mood'}")
    key = key_pair(folder)
    with local_host(ssh, root, f"{tools}:{os.environ['PATH']}") as connection:
        made = Robot(folder, connection, key)
        assert made.provision()[0] == 0
        try:
            yield made
        finally:
            supervised.stop(made.layout)


def attempt(action: Callable[[], str]) -> tuple[int, str]:
    """Exit status and words of a command."""
    try:
        return 0, action()
    except DeployError as error:
        return error.status, str(error)


def _script(path: Path, command: str) -> None:
    path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    path.chmod(0o755)
