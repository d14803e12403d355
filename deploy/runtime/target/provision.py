"""Make this machine one that can be flashed. Doing it again brings it up to date."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.runtime import disk
from deploy.runtime.bundle import archive, signature
from deploy.runtime.bundle.opening import opened
from deploy.runtime.errors import DeployError
from deploy.runtime.links import WAYS
from deploy.runtime.target import describe, service
from deploy.runtime.target.checks import damped
from deploy.runtime.target.config import Provisioning, load_config, save
from deploy.runtime.target.errors import MismatchError
from deploy.runtime.target.layout import Layout
from deploy.runtime.target.say import Say

PACKAGES = ("torch>=2.4", "numpy>=1.24")
"""Packages of the runtime: the last ones for Python 3.8, and whatever is newer elsewhere."""


@dataclass(frozen=True)
class Request:
    """What the other side asks for; comes over the wire as JSON."""

    robot: str
    """The robot's name in a manifest."""
    python: str
    """Interpreter with torch and numpy; empty to make one."""
    link: str
    """How the runtime reaches the robot's motors."""
    arguments: list[str]
    """Arguments of `deploy.runtime run` beside bundle, key and link."""
    service: str
    """How the loop is kept running: a key of `service.CONTROLS`."""
    health_seconds: float
    """Time that a new release must stay up before it counts [s]."""
    key: str
    """The signer's public key, OpenSSH's one line."""


def provision(layout: Layout, request: Request, say: Say) -> str:
    """Install the runtime that calls this from `arrived_runtime`. The caller holds the lock.

    Returns:
        Why this runtime refuses the current release, which then does not run until another one is
        flashed; nothing if it takes it or there is none.

    Raises:
        ArmedError: there is an installation and its robot is not damped.
        DeployError: a step failed; doing it again goes on from there.
    """
    before = load_config(layout) if layout.config.exists() else None
    if before:
        damped(service.see(layout, before))
    was_active = before is not None and service.see(layout, before).active
    say("release")
    refusal = _refusal(layout, request)
    if refusal:
        say("release", f"the one there will be stopped: {refusal}; then flash one of this version")
    say("folders")
    layout.releases.mkdir(exist_ok=True)
    say("python")
    python = _python(layout, request)
    config = Provisioning(
        robot=request.robot,
        python=python,
        arguments=["--link", request.link, *request.arguments],
        service=request.service,
        health_seconds=request.health_seconds,
    )
    if before and (refusal or before.service != config.service):
        service.CONTROLS[before.service].stop(layout)
    say("runtime")
    disk.replace(layout.key, request.key.encode())
    layout.arrived_runtime.replace(layout.runtime)
    disk.sync(layout.root)
    say("service")
    service.CONTROLS[config.service].install(layout, config)
    save(layout.config, config)
    # The loop that runs still has the code from before, and may not find the rest of it.
    if was_active and layout.running() and not refusal:
        say("restart")
        service.start(layout, config)
    return refusal


def _refusal(layout: Layout, request: Request) -> str:
    """Why the runtime and the key that come in refuse the current release; nothing if they do
    not. It is no error: the runtime there now would in turn refuse whatever this one takes.
    """
    if layout.running() is None:
        return ""
    try:
        public = signature.parse_public(request.key.encode(), "what was sent as a public key")
        opened(
            disk.read(layout.current, archive.LARGEST),
            lambda message, signed: signature.verify(message, signed, public),
        )
    except DeployError as error:
        return str(error)
    return ""


def _python(layout: Layout, request: Request) -> str:
    """The interpreter, made if need be; raises DeployError if it cannot be, MismatchError if it
    lacks torch or numpy.
    """
    python = request.python or str(layout.root / "venv" / "bin" / "python")
    if not request.python and not describe.versions(python)[1]:
        _run(sys.executable, "-m", "venv", str(Path(python).parent.parent))
        _run(
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            *PACKAGES,
            *WAYS[request.link].packages,
        )
    if not describe.versions(python)[1]:
        raise MismatchError(
            f"{python} has no torch and numpy; name an interpreter on the robot that has, with "
            "--python"
        )
    return python


def _run(*words: str) -> None:
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise DeployError(f"{words[0]} cannot be run: {error.strerror}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["without a word"]
        raise DeployError(f"`{' '.join(words)}` failed: {said[-1]}")
