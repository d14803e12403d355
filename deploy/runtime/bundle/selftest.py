"""Proof of a bundle on the machine that is to run it: signature, hashes, replay, paced latency."""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path

import torch

from deploy.runtime import realtime
from deploy.runtime.bundle import archive, findings, replay, trace
from deploy.runtime.bundle.findings import Finding
from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.bundle.opening import open_bundle
from deploy.runtime.bundle.program import TorchProgram
from deploy.runtime.errors import VerificationError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("bundle", type=Path, help="the bundle")
    parser.add_argument(
        "--public-key",
        type=Path,
        required=True,
        help="the .pub file of the key that it must be signed with",
    )
    parser.add_argument(
        "--steps",
        type=int,
        default=250,
        help="control steps over which latency is measured, paced at the control rate",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def selftest(options: argparse.Namespace) -> str:
    """The report.

    Raises:
        DeployError: a file cannot be read, or the bundle is refused.
        VerificationError: a check failed.
    """
    about, files = open_bundle(options.bundle, options.public_key)
    found = [
        Finding("signature", True, "by the given key"),
        Finding("hashes", True, f"of {len(about.files)} files"),
        *examine(about, files, options.steps),
    ]
    title = f"{about.name} {about.version} for {about.robot}"
    report = (findings.as_json if options.json else findings.as_text)(title, found)
    if not findings.passed(found):
        raise VerificationError(f"{options.bundle}: {findings.first_failure(found)}", report)
    return report.rstrip()


def examine(about: Manifest, files: dict[str, bytes], steps: int) -> list[Finding]:
    """What the programs do on this machine. `files` must have been verified: some are loaded."""
    names = [archive.PROGRAM, *({archive.BLIND} & files.keys())]
    try:
        programs = {
            name: (TorchProgram(files[name]), trace.from_bytes(files[replay.TRACES[name]], about))
            for name in names
        }
    except (KeyError, ValueError, RuntimeError, OSError, zipfile.BadZipFile) as error:
        return [
            Finding(
                "load", False, f"the program cannot be loaded: {str(error).strip().splitlines()[0]}"
            )
        ]
    found = [
        replay.replay(name, *loaded, about.control_period) for name, loaded in programs.items()
    ]
    # As the control loop will run.
    torch.set_num_threads(1)
    realtime.claim()
    return [*found, replay.latency(*programs[archive.PROGRAM], about.control_period, steps)]
