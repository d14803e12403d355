"""A bundle that has come in becomes the release that runs, or nothing changes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from deploy.runtime import disk
from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.bundle.opening import open_bundle
from deploy.runtime.errors import DeployError, RefusedError
from deploy.runtime.target import describe, loop, service
from deploy.runtime.target.activate import activate, committed, prune, recover
from deploy.runtime.target.checks import CHECKS, damped
from deploy.runtime.target.config import load_config, load_state
from deploy.runtime.target.errors import SelfTestError
from deploy.runtime.target.layout import Layout, sha256
from deploy.runtime.target.say import Say, deaf

SELF_TEST = 180.0
"""Time that the self-test may take on a slow computer [s]."""


def install(layout: Layout, digest: str, say: Say) -> None:
    """Steps: hash, self-test, rename, swap, restart, health, commit. The caller holds the lock.

    Raises:
        DeployError: as the step that refuses; the installation is as it was before the bundle came
            in.
        BrokenPipeError: whoever asked went away before the swap; what came in stays for the next
            flash.
    """
    damped(service.see(layout, load_config(layout)))
    recover(layout, deaf(say))
    try:
        about = _accept(layout, digest, say)
        say("self-test")
        say("self-test", self_test(layout, _here(layout, digest)))
        say("rename")
        if layout.partial(digest).exists():
            layout.partial(digest).replace(layout.release(digest))
            disk.sync(layout.releases)
        # From here on it finishes by itself, whoever listens.
        activate(layout, committed(load_state(layout), digest, about), deaf(say))
    except DeployError:
        prune(layout)
        raise


def self_test(layout: Layout, bundle: Path) -> str:
    """Let the bundle replay its golden traces and pace itself here; what it found, in one line.

    Raises:
        SelfTestError: it fails.
    """
    config = load_config(layout)
    user = service.CONTROLS[config.service].user
    as_user = ["runuser", "-u", user, "--"] if user else []
    command = [*as_user, *loop.test_command(layout, config, str(bundle))]
    try:
        done = subprocess.run(
            command,
            env=loop.environment(layout),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SELF_TEST,
            check=False,
        )
    except OSError as error:
        raise SelfTestError(f"the self-test over there did not run: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise SelfTestError(
            f"the self-test over there did not end within {SELF_TEST:.0f} s; is that computer "
            "busy with something else?"
        ) from error
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise SelfTestError(f"the self-test over there failed: {said[-1]}")
    return "; ".join(finding["detail"] for finding in json.loads(done.stdout)["findings"][2:])


def _accept(layout: Layout, digest: str, say: Say) -> Manifest:
    """Hash, signature and every check, on this side too: what the other side says is not proof."""
    say("hash")
    path = _here(layout, digest)
    if sha256(path) != digest:
        raise RefusedError("what arrived is not what was sent: its SHA-256 differs; flash again")
    about, _ = open_bundle(path, layout.key)
    seen = describe.facts(layout)
    for _, check in CHECKS:
        check(about, digest, seen)
    return about


def _here(layout: Layout, digest: str) -> Path:
    """The bundle's bytes, as they came in or as the release that they already are."""
    found = layout.partial(digest) if layout.partial(digest).exists() else layout.release(digest)
    if not found.exists():
        raise RefusedError("the bundle has not arrived; flash again")
    return found
