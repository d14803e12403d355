"""Put a bundle on a robot: every step of it, from the signature here to the health window there."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated

import tyro

from deploy.robot.connection import Connection, described, step
from deploy.robot.progress import StepProgress
from deploy.runtime import disk
from deploy.runtime.bundle import archive, signature
from deploy.runtime.bundle.opening import opened
from deploy.runtime.target.checks import CHECKS

STEPS = {
    "verify": "form, signature and hashes of the bundle, here",
    "connect": "with a pinned host key",
    "identify": "the robot is damped, and of the kind that the bundle is for",
    "compatibility": "its runtime reads the bundle and has torch",
    "version": "not below the highest that it has had",
    "upload": "beside what runs; goes on where it was torn off",
    "hash": "everything above once more, there",
    "self-test": "golden replay and paced latency, there",
    "rename": "it becomes a release",
    "swap": "`current` names it, from one instant to the next",
    "restart": "it comes up damped",
    "health": "it stays up for a while",
    "commit": "it counts as proven; without this, the release before comes back",
}
"""Steps of a flash, in their order. The robot does those from "hash" on by itself, whether or not
the connection lasts.
"""
BLOCK = 1 << 16
"""Bytes that are sent at once."""


@dataclass(frozen=True)
class FlashConfig:
    """Put a signed bundle on a robot. It has to be damped, and comes up damped. Whatever fails, the
    release before runs, if it ran; a torn upload goes on where it was.
    """

    bundle: Annotated[Path, tyro.conf.Positional]
    """The bundle."""
    connection: tyro.conf.OmitArgPrefixes[Connection]
    public_key: Path
    """The .pub file of the key that it must be signed with; the robot has its own copy."""
    dry_run: bool = False
    """Check all that can be checked without changing the robot, and stop."""


def flash(config: FlashConfig) -> str:
    """Do the `STEPS` and say what runs now.

    Raises:
        DeployError: with the status of the step that refused; the release before runs.
    """
    with StepProgress(list(STEPS)) as steps:
        steps.begin("verify")
        data = disk.read(config.bundle, archive.LARGEST)
        public = signature.load_public(config.public_key)
        about, _ = opened(data, lambda message, signed: signature.verify(message, signed, public))
        digest = hashlib.sha256(data).hexdigest()
        steps.begin("connect")
        facts, arrived, prefix = described(config.connection, digest)
        for name, check in CHECKS:
            steps.begin(name)
            check(about, digest, facts)
        # Only a beginning that is ours is gone on with.
        start = arrived if hashlib.sha256(data[:arrived]).hexdigest() == prefix else 0
        if config.dry_run:
            return (
                f"{about.name} {about.version} may go to {config.connection.host}: "
                f"{len(data) - start} bytes to send; nothing was changed"
            )
        steps.begin("upload", f"{start} of {len(data)} bytes are there")

        def feed(pipe: IO[bytes]) -> None:
            for at in range(start, len(data), BLOCK):
                pipe.write(data[at : at + BLOCK])
                steps.part(at / len(data))

        if start < len(data):
            step(config.connection, "upload", "--digest", digest, "--offset", str(start), feed=feed)
        step(config.connection, "install", "--digest", digest, told=steps.begin)
    return f"{about.name} {about.version} runs on {config.connection.host}, damped"
