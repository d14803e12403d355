"""The supervisor itself: keeps the control loop running, and does with it what our unit file asks
of systemd.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from deploy.runtime import disk
from deploy.runtime.target import loop, supervised
from deploy.runtime.target.config import Provisioning, load_config
from deploy.runtime.target.layout import Layout

PAUSE = 1.0
"""Time before the loop is started again [s]."""
BURST = 5
"""Starts within `INTERVAL` after which the supervisor gives up."""
INTERVAL = 60.0
"""Time over which starts are counted [s]."""
STOP = 5.0
"""Time from SIGTERM to SIGKILL [s]."""
_PR_SET_PDEATHSIG = 1


def supervise(layout: Layout) -> None:
    """Keep the control loop of `current` running until SIGTERM, until it ends by itself with status
    0, or until it fails too often. Started by `supervised.restart`.
    """
    ending: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: ending.append(number))
    config = load_config(layout)
    failures: list[float] = []
    with tempfile.TemporaryDirectory() as folder, socket.socket(
        socket.AF_UNIX, socket.SOCK_DGRAM
    ) as notes:
        address = str(Path(folder, "notify"))
        notes.bind(address)
        notes.settimeout(0.1)
        while not ending:
            status = _once(
                layout=layout,
                config=config,
                notes=notes,
                address=address,
                ending=lambda: bool(ending),
            )
            failures = [
                *(moment for moment in failures if moment > time.monotonic() - INTERVAL),
                time.monotonic(),
            ]
            if status == 0 or len(failures) >= BURST:
                break
            time.sleep(0.0 if ending else PAUSE)


def _once(
    layout: Layout,
    config: Provisioning,
    notes: socket.socket,
    address: str,
    ending: Callable[[], bool],
) -> int:
    """One life of the control loop; its exit status."""
    surroundings = {
        **loop.environment(layout),
        "NOTIFY_SOCKET": address,
        "WATCHDOG_USEC": str(int(1e6 * loop.WATCHDOG)),
    }
    process = subprocess.Popen(
        loop.command(layout, config),
        env=surroundings,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )
    seen: dict[str, object] = {
        "supervisor": os.getpid(),
        "process": process.pid,
        "ready": False,
        "status": "",
    }
    _say(layout, seen)
    fed = time.monotonic()
    told = 0.0
    while process.poll() is None:
        note = _note(notes)
        if "READY" in note or "STATUS" in note:
            now = {
                **seen,
                "ready": seen["ready"] or note.get("READY") == "1",
                "status": note.get("STATUS", seen["status"]),
            }
            # The loop repeats its status with every sign of life; a robot's flash memory wears out.
            if now != seen:
                _say(layout, now)
            seen = now
        if "READY" in note or note.get("WATCHDOG") == "1":
            fed = time.monotonic()
        hungry = seen["ready"] and time.monotonic() - fed > loop.WATCHDOG
        if told and time.monotonic() - told > STOP:
            process.kill()
        elif not told and (hungry or ending()):
            process.send_signal(signal.SIGABRT if hungry else signal.SIGTERM)
            told = time.monotonic()
    _say(layout, {**seen, "process": 0, "ready": False, "status": ""})
    return process.returncode


def _note(notes: socket.socket) -> dict[str, str]:
    """What the loop says next in sd_notify's words, nothing after a tenth of a second."""
    try:
        words = notes.recv(4096).decode("utf-8", "replace")
    except socket.timeout:
        return {}
    return dict(line.split("=", 1) for line in words.splitlines() if "=" in line)


def _say(layout: Layout, seen: dict[str, object]) -> None:
    disk.replace(supervised.state(layout), json.dumps(seen).encode())


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
