"""Ways to reach a robot, by name: each a `deploy.runtime.link.Link`, and a `Writer` beside it for
the deadman process.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.errors import DeployError

if TYPE_CHECKING:
    # It needs numpy, which provisioning on a bare robot has yet to install.
    from deploy.runtime.link import Link, Writer


class Way(NamedTuple):
    """Where a link's classes are, and what they need; both are made with a manifest and options,
    name to text.
    """

    module: str
    """Module of the link, imported when it is needed: it may need packages that others do without.
    """
    link: str
    """Name of the class that reads and commands."""
    writer: str
    """Name of the class that only commands."""
    packages: tuple[str, ...] = ()
    """Packages that provisioning installs for it, beside the runtime's own."""


WAYS = {
    # A Go2 itself speaks this version of DDS.
    "go2": Way("deploy.runtime.links.go2", "Go2Link", "Go2Writer", ("cyclonedds==0.10.2",)),
    "sim": Way("deploy.runtime.links.local", "LocalLink", "LocalWriter"),
}
"""Links by name."""


def open_link(name: str, manifest: Manifest, options: Mapping[str, str]) -> Link:
    """The link `name` to the manifest's robot.

    Raises:
        DeployError: there is no such link, or an option is wrong.
        LinkError: the robot cannot be reached.
    """
    return _member(name, "link")(manifest, options)


def open_writer(name: str, manifest: Manifest, options: Mapping[str, str]) -> Writer:
    """The write-only way in of the link `name`; raises as `open_link`."""
    return _member(name, "writer")(manifest, options)


def _member(name: str, kind: str) -> Any:
    if name not in WAYS:
        raise DeployError(f"there is no link {name!r}; use {', '.join(WAYS)}")
    way = WAYS[name]
    return getattr(importlib.import_module(way.module), getattr(way, kind))
