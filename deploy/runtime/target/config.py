"""What provisioning decided about a robot, and what flashing remembers: two small JSON files."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from deploy.runtime import disk
from deploy.runtime.target.errors import NotProvisionedError
from deploy.runtime.target.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T", "Provisioning", "ReleaseState")


@dataclass(frozen=True)
class Provisioning:
    """A provisioned robot. Only provisioning writes it."""

    robot: str
    """The robot's name in a manifest."""
    python: str
    """The interpreter that runs the control loop; it has torch and numpy."""
    arguments: list[str]
    """Arguments of `deploy.runtime run` after the bundle and the key: the link and its options."""
    service: str
    """How the loop is kept running: a key of `service.CONTROLS`."""
    health_seconds: float
    """How long a new release must stay up before it counts."""


@dataclass(frozen=True)
class ReleaseState:
    """What must outlive a crash. Between the swap and this being written, `current` is not
    `proven`: whoever comes next goes back.
    """

    proven: str | None = None
    """Digest of the release that passed its health window last."""
    previous: str | None = None
    """Digest of the release that was proven before it: where a rollback leads."""
    highest: dict[str, list[str]] = field(default_factory=dict)
    """Highest version that was ever proven and its digest, by the bundle's name: a signature alone
    would let an old version return.
    """


def load_config(layout: Layout) -> Provisioning:
    """Raises NotProvisionedError if there is none."""
    return _load(layout.config, Provisioning)


def load_state(layout: Layout) -> ReleaseState:
    """The empty state if there is none."""
    return _load(layout.state, ReleaseState) if layout.state.exists() else ReleaseState()


def save(path: Path, what: Provisioning | ReleaseState) -> None:
    """Replace the file for good."""
    disk.replace(path, json.dumps(asdict(what), indent=1, sort_keys=True).encode() + b"\n")


def _load(path: Path, kind: type[T]) -> T:
    try:
        values: dict[str, Any] = json.loads(path.read_bytes())
        return kind(**values)
    except (OSError, ValueError, TypeError) as error:
        raise NotProvisionedError(
            f"{path} is missing or from another version; run `deploy provision` first"
        ) from error
