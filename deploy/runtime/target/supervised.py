"""The control loop as a service of our own supervisor, for machines without systemd: how it is
started, stopped and seen from outside.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from deploy.runtime.target import loop
from deploy.runtime.target.config import Provisioning
from deploy.runtime.target.errors import BusyError, UnhealthyError
from deploy.runtime.target.layout import Layout, held

PATIENCE = 60.0
"""Time for a supervisor to begin, or to end by itself [s]."""
POLL = 0.05
"""Time between two looks [s]."""


def state(layout: Layout) -> Path:
    """File of the supervisor's state: ids "supervisor" and "process", "ready" and "status"."""
    return layout.service / "state.json"


def lock(layout: Layout) -> Path:
    """Held while a supervisor lives: unlike a process id it cannot be another's."""
    return layout.service / "lock"


def install(layout: Layout, _: Provisioning) -> None:
    """Make its folder."""
    layout.service.mkdir(exist_ok=True)


def restart(layout: Layout) -> None:
    """Stop the supervisor that runs, and leave another one behind."""
    stop(layout)
    # It is born with the lock: were it to take it later, whoever comes between would start another.
    with held(lock(layout), wait=PATIENCE) as handle, (layout.service / "log").open("ab") as log:
        state(layout).unlink(missing_ok=True)
        # Nobody's child, for it outlives whoever starts it.
        command = [
            "setsid",
            "--fork",
            sys.executable,
            "-m",
            "deploy.runtime.target",
            "supervise",
            "--root",
            str(layout.root),
        ]
        subprocess.run(
            command,
            env=loop.environment(layout),
            pass_fds=(handle,),
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    until = time.monotonic() + PATIENCE
    while "supervisor" not in _read(layout):
        if not _lives(layout) or time.monotonic() > until:
            raise UnhealthyError(f"the supervisor does not start; see {layout.service / 'log'}")
        time.sleep(POLL)


def stop(layout: Layout) -> None:
    """Stop the supervisor and what it keeps, and wait."""
    until = time.monotonic() + PATIENCE
    while _lives(layout):
        process = _read(layout).get("supervisor")
        if process:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM if time.monotonic() < until else signal.SIGKILL)
        time.sleep(POLL)


def see(layout: Layout) -> loop.ServiceStatus:
    """The service now."""
    if not _lives(layout):
        return loop.ServiceStatus(active=False, ready=False, process=0, status="")
    found = _read(layout)
    return loop.ServiceStatus(
        active=True,
        ready=found.get("ready", False),
        process=found.get("process", 0),
        status=found.get("status", ""),
    )


def _lives(layout: Layout) -> bool:
    try:
        with held(lock(layout), wait=0.0):
            return False
    except BusyError:
        return True
    except FileNotFoundError:
        return False


def _read(layout: Layout) -> dict[str, Any]:
    try:
        return dict(json.loads(state(layout).read_bytes()))
    except FileNotFoundError:
        return {}
