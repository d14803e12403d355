"""The control loop as a systemd service."""

from __future__ import annotations

import os
import pwd
import shlex
import subprocess
from pathlib import Path

from deploy.runtime import disk
from deploy.runtime.errors import DeployError
from deploy.runtime.target import loop
from deploy.runtime.target.config import Provisioning
from deploy.runtime.target.errors import NotProvisionedError
from deploy.runtime.target.layout import Layout

NAME = "treadwell.service"
USER = "treadwell"
UNITS = Path("/etc/systemd/system")
UNIT = """\
[Unit]
Description=Treadwell on {robot}: comes up damped, and only a person arms it
After=network.target
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
Type=notify
User={user}
Environment=PYTHONPATH={runtime} PYTHONDONTWRITEBYTECODE=1
# A release that had not proved itself before the power went does not get a second try.
ExecStartPre=+/usr/bin/env PYTHONPATH={runtime} \\
    python3 -m deploy.runtime.target recover --root {root}
ExecStart={command}
# For black boxes; its path is in $LOGS_DIRECTORY.
LogsDirectory=treadwell
# No terminal is never consent to walk.
StandardInput=null
TimeoutStartSec=90
# Fed by the loop's own progress.
WatchdogSec={watchdog:g}
# Safe, for whatever comes up is damped and not armed.
Restart=on-failure
RestartSec=1
# The loop alone: if it was killed, its deadman damps the robot until the next loop relieves it.
KillMode=process
TimeoutStopSec=5
LimitRTPRIO=99
LimitMEMLOCK=infinity
AmbientCapabilities=CAP_SYS_NICE CAP_IPC_LOCK
NoNewPrivileges=true
ProtectSystem=full

[Install]
WantedBy=multi-user.target
"""


def unit(layout: Layout, config: Provisioning) -> str:
    """The unit file."""
    command = " ".join(map(shlex.quote, loop.command(layout, config)))
    return UNIT.format(
        robot=config.robot,
        user=USER,
        root=layout.root,
        runtime=layout.runtime,
        command=command,
        watchdog=loop.WATCHDOG,
    )


def install(layout: Layout, config: Provisioning) -> None:
    """Make the service user and the unit file, and let it start with the machine."""
    if os.geteuid() != 0:
        raise NotProvisionedError(
            "a systemd service needs root: provision root@HOST, or choose --service process"
        )
    if not Path("/run/systemd/system").is_dir():
        raise NotProvisionedError("systemd does not run there; choose --service process")
    try:
        pwd.getpwnam(USER)
    except KeyError:
        _run("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER)
    disk.replace(UNITS / NAME, unit(layout, config).encode())
    _run("systemctl", "daemon-reload")
    _run("systemctl", "enable", NAME)


def restart(_: Layout) -> None:
    """Begin to; whether it came up is seen later."""
    _run("systemctl", "reset-failed", NAME, check=False)
    _run("systemctl", "restart", "--no-block", NAME)


def stop(_: Layout) -> None:
    """Stop it and wait."""
    _run("systemctl", "stop", NAME)


def see(_: Layout) -> loop.ServiceStatus:
    """The service now."""
    shown = _run("systemctl", "show", NAME, "--property=ActiveState,SubState,MainPID,StatusText")
    values = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    state = values.get("ActiveState", "")
    active = state in ("active", "activating", "reloading")
    ready = state == "active"
    return loop.ServiceStatus(
        active=active,
        ready=ready,
        process=int(values.get("MainPID") or 0),
        status=values.get("StatusText", "") if ready else "",
    )


def _run(*words: str, check: bool = True) -> str:
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        raise DeployError(
            f"`{' '.join(words)}` failed: {(done.stderr or done.stdout).strip()[-200:]}"
        )
    return done.stdout
