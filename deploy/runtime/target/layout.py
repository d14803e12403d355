"""The installation's folder, and changes to it that survive a loss of power."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.runtime import disk
from deploy.runtime.target.errors import BusyError

LOCK_WAIT = 20.0
"""Time to wait for somebody else's step [s]: longer than what a flash that was cut off still has to
do, a health window apart.
"""


@dataclass(frozen=True)
class Layout:
    """Paths below `root`."""

    root: Path
    """Folder of the installation."""

    @property
    def runtime(self) -> Path:
        """The code on PYTHONPATH."""
        return self.root / "runtime.zip"

    @property
    def arrived_runtime(self) -> Path:
        """The same while provisioning goes on, which runs from it."""
        return self.root / "runtime.zip.partial"

    @property
    def config(self) -> Path:
        """See `config`."""
        return self.root / "config.json"

    @property
    def key(self) -> Path:
        """The signer's public key."""
        return self.root / "key.pub"

    @property
    def releases(self) -> Path:
        """Folder of the bundles."""
        return self.root / "releases"

    @property
    def current(self) -> Path:
        """The link to the release that runs."""
        return self.root / "current"

    @property
    def state(self) -> Path:
        """See `state`."""
        return self.root / "state.json"

    @property
    def log(self) -> Path:
        """Folder of the black boxes where systemd does not make one."""
        return self.root / "log"

    @property
    def lock(self) -> Path:
        """Held by whoever changes the installation."""
        return self.root / "lock"

    @property
    def service(self) -> Path:
        """Folder of the supervisor."""
        return self.root / "service"

    def release(self, digest: str) -> Path:
        """The bundle with the SHA-256 `digest`."""
        return self.releases / f"{digest}.bundle"

    def partial(self, digest: str) -> Path:
        """The same while it is coming in."""
        return self.releases / f"{digest}.partial"

    def running(self) -> str | None:
        """Digest of the release that `current` names; None without one."""
        try:
            return Path(os.readlink(self.current)).stem
        except FileNotFoundError:
            return None


def point(layout: Layout, digest: str | None) -> None:
    """Let `current` name a release, or nothing. The link is replaced by rename: an instant without
    one would be found by a restart.
    """
    if digest is None:
        layout.current.unlink(missing_ok=True)
    else:
        beside = layout.root / "current.new"
        beside.unlink(missing_ok=True)
        beside.symlink_to(layout.release(digest).relative_to(layout.root))
        beside.replace(layout.current)
    disk.sync(layout.root)


def sha256(path: Path) -> str:
    """SHA-256 of the file's content, in hexadecimal."""
    with path.open("rb") as file:
        found = hashlib.sha256()
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


@contextmanager
def held(lock: Path, wait: float = LOCK_WAIT) -> Iterator[int]:
    """Be the only one who holds the file `lock`, by the handle that this gives. The kernel lets it
    go with the last process that has the handle, however it ends.

    Raises:
        BusyError: somebody else still is after `wait` seconds.
    """
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + wait
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise BusyError(
                        "another flash is at work on this robot; wait until it is done"
                    ) from None
                time.sleep(0.05)
        yield handle
    finally:
        os.close(handle)
