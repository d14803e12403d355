"""This very machine as a robot's computer: a real OpenSSH server on 127.0.0.1, as the user who
calls, with keys of its own. For tests and `make robot-demo`.
"""

import getpass
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.robot.connection import Connection
from deploy.runtime.errors import DeployError

SSHD = Path("/usr/sbin/sshd")
"""sshd wants to be called by its full path."""
# A forced command, because a user's shell start-up files may put another python3 first.
CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PidFile none
ForceCommand PATH={path} exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
"""


@contextmanager
def local_host(
    folder: Path, root: Path, path: str = "/usr/local/bin:/usr/bin:/bin"
) -> Iterator[Connection]:
    """A connection to a server that lives as long as the context; its keys and log are in `folder`.

    Args:
        folder: an empty folder.
        root: of the installation.
        path: where programs are looked for over there, python3 among them.

    Raises:
        DeployError: there is no sshd, or it does not start.
    """
    if not SSHD.exists():
        raise DeployError(f"there is no {SSHD}; install it with: apt-get install openssh-server")
    for name in ("host_key", "identity"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True
        )
    (folder / "authorized_keys").write_bytes((folder / "identity.pub").read_bytes())
    port = _free_port()
    kind, key, *_ = (folder / "host_key.pub").read_text().split()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {kind} {key}\n")
    (folder / "sshd_config").write_text(CONFIG.format(port=port, folder=folder, path=path))
    if os.geteuid() == 0:
        # Where root's sshd separates privileges; without systemd nobody has made it.
        Path("/run/sshd").mkdir(exist_ok=True)
    with (folder / "sshd.log").open("wb") as log:
        server = subprocess.Popen(
            [str(SSHD), "-D", "-e", "-f", str(folder / "sshd_config")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _wait(server, port, folder / "sshd.log")
        yield Connection(
            host=f"{getpass.getuser()}@127.0.0.1",
            port=port,
            identity=folder / "identity",
            known_hosts=folder / "known_hosts",
            root=str(root),
        )
    finally:
        server.terminate()
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    raise DeployError(f"sshd does not start; see {log}")
