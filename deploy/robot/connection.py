"""Call the robot's side of flashing over the system's own OpenSSH client, with a pinned host key
and nothing asked of a terminal.
"""

import json
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any

import tyro

from deploy.runtime.errors import DeployError
from deploy.runtime.target.checks import Facts
from deploy.runtime.target.errors import NotProvisionedError
from deploy.runtime.target.loop import ServiceStatus


@dataclass(frozen=True)
class Connection:
    """How to reach a robot."""

    host: Annotated[str, tyro.conf.Positional]
    """user@host of the robot's computer."""
    port: int = 22
    """Port of its ssh server."""
    identity: Path | None = None
    """Private key to log in with; default: what ssh itself would use."""
    known_hosts: Path | None = None
    """File with the robot's host key, the only one believed; default: ssh's own. A host that is not
    in it is refused.
    """
    root: str = "/opt/treadwell"
    """Folder of the installation on the robot."""


class HostKeyError(DeployError):
    """The robot's host key is not the one that is known."""

    status = 20


class LoginError(DeployError):
    """The robot does not let us in."""

    status = 21


class UnreachableError(DeployError):
    """The robot does not answer, or stopped answering."""

    status = 22


class RobotError(DeployError):
    """What the robot's side refused with, and its status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


Feed = Callable[[IO[bytes]], None]
"""Writes a step's input."""
Told = Callable[[str, str], None]
"""Gets each step that the robot reports, and what came of it."""


def step(
    connection: Connection,
    name: str,
    *words: str,
    feed: Feed = lambda _: None,
    told: Told = lambda *_: None,
    code: str = "runtime.zip",
) -> Any:
    """Run one step of `deploy.runtime.target` on the robot and return its answer; `code` is the
    file in the root that it runs from.

    Raises:
        HostKeyError, LoginError, UnreachableError: there is no connection.
        NotProvisionedError: there is no installation.
        RobotError: the robot refuses.
    """
    root = connection.root
    command = [
        "env",
        f"PYTHONPATH={root}/{code}",
        "python3",
        "-B",
        "-m",
        "deploy.runtime.target",
        name,
        "--root",
        root,
        *words,
    ]
    with _ssh(connection, command, feed) as process:
        for line in _lines(process):
            if "step" in line:
                told(line["step"], line["detail"])
            elif "error" in line:
                raise RobotError(line["error"], line["status"])
            else:
                return line["done"]
        raise _lost(connection, process)


def described(connection: Connection, digest: str = "") -> tuple[Facts, int, str]:
    """What the robot says about itself, how many bytes of the bundle `digest` it has, and their
    SHA-256; raises as `step`.
    """
    answer = step(connection, "describe", *(["--digest", digest] if digest else []))
    facts = answer["facts"]
    return Facts(**{**facts, "service": ServiceStatus(*facts["service"])}), *answer["arrived"]


def run(connection: Connection, command: list[str], feed: Feed = lambda _: None) -> None:
    """Run a command that is not ours on the robot; raises as `step`, and DeployError if the command
    fails.
    """
    with _ssh(connection, command, feed) as process:
        list(_lines(process))
        if process.wait() != 0:
            raise _lost(connection, process)


@contextmanager
def _ssh(
    connection: Connection, command: list[str], feed: Feed
) -> Iterator[subprocess.Popen[bytes]]:
    pinned = (
        [f"UserKnownHostsFile={connection.known_hosts}", "GlobalKnownHostsFile=/dev/null"]
        if connection.known_hosts
        else []
    )
    options = [
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "ConnectTimeout=10",
        "ServerAliveInterval=5",
        "ServerAliveCountMax=3",
        *pinned,
    ]
    identity = (
        ["-i", str(connection.identity), "-o", "IdentitiesOnly=yes"] if connection.identity else []
    )
    words = [
        "ssh",
        "-T",
        "-p",
        str(connection.port),
        *identity,
        *(word for option in options for word in ("-o", option)),
        "--",
        connection.host,
        shlex.join(command),
    ]
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except FileNotFoundError as error:
        raise UnreachableError(
            "there is no ssh on this machine; install OpenSSH's client"
        ) from error
    assert process.stdin
    with process:
        try:
            # A robot that refuses early stops reading: its answer says why.
            with suppress(BrokenPipeError):
                feed(process.stdin)
            with suppress(BrokenPipeError):
                process.stdin.close()
            yield process
        except BaseException:
            process.kill()
            raise


def _lines(process: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    assert process.stdout
    for line in process.stdout:
        with suppress(ValueError):
            yield json.loads(line)


def _lost(connection: Connection, process: subprocess.Popen[bytes]) -> DeployError:
    """What ssh says when no answer came."""
    assert process.stderr
    said = process.stderr.read().decode("utf-8", "replace")
    last = (said.strip().splitlines() or ["the connection ended without an answer"])[-1]
    host = connection.host
    status = process.wait()
    if "Host key verification failed" in said or "host key is known" in said:
        where = f"to {connection.known_hosts}" if connection.known_hosts else "with ssh-keyscan"
        return HostKeyError(
            f"the host key of {host} is unknown or has changed: compare it with `ssh-keygen -lf` "
            f"on the robot, then add it {where}"
        )
    if "Permission denied" in said and status == 255:
        return LoginError(
            f"{host} refuses the login: {last}; put your public key into its authorized_keys, or "
            "name another with --identity"
        )
    if "No module named" in said or "can't find" in said:
        return NotProvisionedError(
            f"{host} has no installation in {connection.root}; run `deploy provision {host}` first"
        )
    return UnreachableError(
        f"no answer from {host}: {last}; see that it is on, in the network, and has python3"
    )
