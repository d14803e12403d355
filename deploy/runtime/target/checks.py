"""Whether a bundle may go to a robot: pure functions of the manifest and of what the robot says
about itself. Asked on both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.target.errors import ArmedError, DowngradeError, MismatchError
from deploy.runtime.target.loop import DAMPED, ServiceStatus


@dataclass(frozen=True)
class Facts:
    """What a robot says about itself; goes over the wire as JSON."""

    robot: str
    """Name of the robot."""
    schema: int
    """Schema of the manifests that its runtime reads."""
    python: str
    """Version of the interpreter that runs the loop; empty if it does not run."""
    torch: str
    """Version of torch there; empty without it."""
    keeper: str
    """How the loop is kept running: a key of `service.CONTROLS`."""
    service: ServiceStatus
    """Status of the loop as a service."""
    current: list[str]
    """Name, version and digest of the release that runs, or empty."""
    previous: list[str]
    """Name, version and digest of the release that a rollback leads to, or empty."""
    proven: bool
    """Whether `current` has passed its health window."""
    highest: dict[str, list[str]]
    """Highest version proven and its digest, by bundle name."""


def damped(seen: ServiceStatus) -> None:
    """Nobody has armed the robot. One that runs and does not say so counts as armed."""
    if seen.ready and not seen.status.startswith(DAMPED):
        raise ArmedError(
            f"the robot is {seen.status or 'silent about its state'!r}, not {DAMPED!r}; sit it "
            "down and disarm it first"
        )


def same_robot(about: Manifest, _: str, facts: Facts) -> None:
    """The bundle was made for this kind of robot."""
    if about.robot != facts.robot:
        raise MismatchError(
            f"the bundle is for {about.robot}, the robot there is {facts.robot}; flash the other "
            "one"
        )


def runs_there(about: Manifest, _: str, facts: Facts) -> None:
    """The runtime there reads such a bundle and has torch."""
    if about.schema != facts.schema:
        raise MismatchError(
            f"the bundle has schema {about.schema}, the runtime there reads {facts.schema}; run "
            "`deploy provision` again"
        )
    if not facts.torch:
        raise MismatchError("the Python there runs no torch; run `deploy provision` again")


def not_older(about: Manifest, digest: str, facts: Facts) -> None:
    """The version is above the highest one seen, or this very bundle again."""
    version, seen = facts.highest.get(about.name, ["0.0.0", ""])
    if number(about.version) < number(version):
        raise DowngradeError(
            f"{about.name} {about.version} is older than {version}, which this robot has had; "
            "make a higher version, or `deploy rollback`"
        )
    if about.version == version and seen not in ("", digest):
        raise DowngradeError(
            f"{about.name} {version} on this robot was another bundle; give this one a higher "
            "version"
        )


def number(version: str) -> tuple[int, ...]:
    """A version in the order that counts."""
    return tuple(int(part) for part in version.split("."))


CHECKS: tuple[tuple[str, Callable[[Manifest, str, Facts], None]], ...] = (
    ("identify", lambda _, __, facts: damped(facts.service)),
    ("identify", same_robot),
    ("compatibility", runs_there),
    ("version", not_older),
)
"""Step of a flash and its check, in order; each gets the manifest, the bundle's digest and the
robot's facts.
"""
