"""Make a robot's computer one that can be flashed."""

import io
import json
import re
import shlex
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import tyro

from deploy.robot.connection import Connection, run, step
from deploy.robot.progress import StepProgress
from deploy.runtime import disk
from deploy.runtime.bundle import signature
from deploy.runtime.errors import DeployError
from deploy.runtime.links import WAYS
from deploy.runtime.safety import motions
from deploy.runtime.target.provision import Request
from deploy.runtime.target.service import CONTROLS
from envs.robots import ROBOTS

HERE = Path(__file__).resolve().parent.parent
STEPS = ("upload", "release", "folders", "python", "runtime", "service", "restart")
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class ProvisionConfig:
    """Make a robot's computer one that can be flashed: folders, service, signer's key, Python with
    torch, and the runtime. Doing it again brings it up to date. A release there that the new
    runtime or key refuses is stopped: flash one of this version next.
    """

    connection: tyro.conf.OmitArgPrefixes[Connection]
    public_key: Path
    """The .pub file of the key that bundles for this robot must be signed with."""
    robot: str = "go2"
    """Which kind of robot it is."""
    link: str = "go2"
    """How the runtime reaches the robot's motors."""
    option: tuple[str, ...] = ()
    """Options of that link, each NAME=VALUE."""
    python: str = ""
    """An interpreter on the robot that has torch and numpy; default: one is made in a virtual
    environment there, which needs the network.
    """
    service: str = "systemd"
    """What keeps the runtime running: systemd, or process for a supervisor of our own where there
    is none.
    """
    health_seconds: float = 10.0
    """How long a new release must stay up before it counts."""
    dry_run: bool = False
    """Say what would be installed, and stop."""


def provision(config: ProvisionConfig) -> str:
    """Install and say what was done.

    Raises:
        DeployError: with the status of the step that refused; doing it again goes on from there.
    """
    request = _request(config)
    code = runtime_zip()
    if config.dry_run:
        # Nothing there can answer for us yet: only the way in is tried.
        run(config.connection, ["true"])
        return (
            f"would install {len(code)} bytes of runtime in {config.connection.root} on "
            f"{config.connection.host} for {asdict(request)}; nothing was changed"
        )
    root = shlex.quote(config.connection.root)
    with StepProgress(STEPS) as steps:
        steps.begin("upload")
        run(
            config.connection,
            ["sh", "-c", f"mkdir -p {root} && cat > {root}/runtime.zip.partial"],
            feed=lambda pipe: _send(pipe, code),
        )
        text = json.dumps(asdict(request)).encode()
        refusal = step(
            config.connection,
            "provision",
            feed=lambda pipe: _send(pipe, text),
            told=steps.begin,
            code="runtime.zip.partial",
        )
    ready = f"{config.connection.host} is ready for bundles for {config.robot}"
    if refusal:
        return f"{ready}; none runs until you flash one, for the one there is refused: {refusal}"
    return ready


def runtime_zip() -> bytes:
    """`deploy.runtime` as one file for PYTHONPATH, so that it is replaced in one instant; the same
    code gives the same bytes.
    """
    buffer = io.BytesIO()
    files = [HERE / "__init__.py", *sorted((HERE / "runtime").rglob("*.py"))]
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.writestr(
                zipfile.ZipInfo(str(path.relative_to(HERE.parent)), _EPOCH),
                path.read_bytes(),
                zipfile.ZIP_DEFLATED,
            )
    return buffer.getvalue()


def _request(config: ProvisionConfig) -> Request:
    """What the robot's side is asked for; raises DeployError on what could not work there."""
    if not re.fullmatch(r"(/[\w.-]+)+", config.connection.root):
        raise DeployError(f"--root {config.connection.root!r} is not a plain absolute path")
    if config.robot not in ROBOTS:
        raise DeployError(f"there is no robot {config.robot!r}; use {', '.join(ROBOTS)}")
    motions.check_joints(config.robot, ROBOTS[config.robot].drives)
    if config.service not in CONTROLS:
        raise DeployError(f"there is no service {config.service!r}; use {', '.join(CONTROLS)}")
    if config.link not in WAYS:
        raise DeployError(f"there is no link {config.link!r}; use {', '.join(WAYS)}")
    signature.load_public(config.public_key)
    options = [word for option in config.option for word in ("--option", option)]
    key = disk.read(config.public_key, signature.LARGEST_KEY).decode("ascii")
    return Request(
        robot=config.robot,
        python=config.python,
        link=config.link,
        arguments=options,
        service=config.service,
        health_seconds=config.health_seconds,
        key=key,
    )


def _send(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(data)
