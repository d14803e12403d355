"""Verify a bundle: signature and hashes before anything is loaded, then what it does."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from deploy.bundle import probes, signing
from deploy.bundle.artefacts import Artefact, loaders
from deploy.bundle.describe import facts
from deploy.bundle.families import deployed
from deploy.runtime import disk
from deploy.runtime.bundle import archive, findings, opening, replay, signature, trace
from deploy.runtime.bundle.findings import Finding
from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.bundle.program import TorchProgram
from deploy.runtime.bundle.trace import GoldenTrace
from deploy.runtime.errors import VerificationError
from envs.robots import ROBOTS

NOTICED = 10
"""Least change of commands when joints are read in another order, in tolerances of a replay."""


@dataclass(frozen=True)
class VerifyConfig:
    """Check a bundle: its signature and hashes, then that both of its programs repeat the golden
    traces, keep the limits whatever sensors say, and are fast enough.
    """

    bundle: Annotated[Path, tyro.conf.Positional]
    """The bundle."""
    public_key: Path
    """The .pub file of the key that it must be signed with."""
    json: Path | None = None
    """Write the report as JSON to this new file too."""
    packets: int = 10_000
    """Random sensor packets for each program."""
    latency_steps: int = 250
    """Control steps over which latency is measured, paced at the control rate."""


def verify(config: VerifyConfig) -> str:
    """Check the bundle and return the report.

    Raises:
        RefusedError: the form, the signature or a hash is wrong; nothing was loaded.
        VerificationError: a check failed.
        DeployError: a file cannot be read or written.
    """
    if config.json:
        disk.check(config.json)
    public = signature.load_public(config.public_key)
    about, files = opened(disk.read(config.bundle, archive.LARGEST), public)
    found = [
        Finding("signature", True, "by the given key"),
        Finding("hashes", True, f"of {len(about.files)} files"),
    ]
    found += examine(about, files, config.packets)
    if findings.passed(found):
        artefact = TorchProgram(files[archive.PROGRAM])
        golden = trace.from_bytes(files[archive.GOLDEN], about)
        found.append(
            replay.latency(
                artefact=artefact,
                golden=golden,
                period=about.control_period,
                steps=config.latency_steps,
            )
        )
    title = f"{about.name} {about.version} for {about.robot}"
    if config.json:
        disk.write(config.json, findings.as_json(title, found).encode())
    report = findings.as_text(title, found)
    if not findings.passed(found):
        raise VerificationError(f"{config.bundle}: {findings.first_failure(found)}", report)
    return report


def opened(data: bytes, public: bytes) -> tuple[Manifest, dict[str, bytes]]:
    """Manifest and files of a bundle that the owner of the key `public` (32 bytes) signed; nothing
    of it has been loaded.

    Raises:
        RefusedError: its form, its signature, its manifest or a hash is wrong.
    """
    return opening.opened(
        data, lambda message, signature: signing.verify(message, signature, public)
    )


def examine(about: Manifest, files: dict[str, bytes], packets: int) -> list[Finding]:
    """All checks whose result does not depend on how fast the machine is. `files` must have been
    verified: they are loaded.
    """
    found = [same_facts(about)]
    if about.robot not in ROBOTS:
        return found
    spec = ROBOTS[about.robot]
    try:
        artefacts = {
            name: load(files[name])
            for name, load in loaders(spec).items()
            if name != archive.BLIND or name in files
        }
        traces = {name: trace.from_bytes(files[replay.TRACES[name]], about) for name in artefacts}
    except (KeyError, ValueError, RuntimeError, OSError, zipfile.BadZipFile) as error:
        return [
            *found,
            Finding(
                "load", False, f"an artefact cannot be loaded: {str(error).strip().splitlines()[0]}"
            ),
        ]
    for name, artefact in artefacts.items():
        golden = traces[name]
        found += [
            replay.replay(name=name, artefact=artefact, golden=golden, period=about.control_period),
            notices_joint_order(
                name=name,
                artefact=artefact,
                golden=golden,
                order=deployed(spec).exchanged(spec),
                period=about.control_period,
            ),
        ]
        found += _probe(name=name, artefact=artefact, about=about, golden=golden, packets=packets)
    return found


def _probe(
    name: str, artefact: Artefact, about: Manifest, golden: GoldenTrace, packets: int
) -> Iterator[Finding]:
    for number, (title, probe) in enumerate(probes.PROBES.items()):
        yield probes.hold(
            name=f"{name}: {title}",
            artefact=artefact,
            manifest=about,
            trace=golden,
            hostile=probe(golden, np.random.default_rng(number)),
        )
    fuzz = probes.packets(golden, np.random.default_rng(len(probes.PROBES)), packets)
    yield probes.hold(
        name=f"{name}: {packets} random packets",
        artefact=artefact,
        manifest=about,
        trace=golden,
        hostile=fuzz,
    )


def same_facts(about: Manifest) -> Finding:
    """Whether joints, gains, limits and seam are those that this version trains with."""
    if about.robot not in ROBOTS:
        return Finding(
            "robot", False, f"unknown robot {about.robot!r}; this version knows {', '.join(ROBOTS)}"
        )
    other = [
        name for name, value in facts(ROBOTS[about.robot]).items() if getattr(about, name) != value
    ]
    return Finding(
        "robot",
        not other,
        f"{', '.join(other)} differ from this version's {about.robot}"
        if other
        else "joints, gains, limits, sensors as trained",
    )


def notices_joint_order(
    name: str, artefact: Artefact, golden: GoldenTrace, order: list[int], period: float
) -> Finding:
    """Whether the golden traces would tell that joints are read in another `order`, in which left
    and right are exchanged.
    """
    turned = {
        key: part[:, order] if key.startswith("joint_") else part
        for key, part in golden.sensors.items()
    }
    apart = replay.deviations(
        artefact, GoldenTrace(turned, golden.commands, golden.starts), len(golden)
    )
    # Gains are the same whatever is read.
    times = min(float((apart[:3] / replay.allowed(name, period)[:3]).max()), 1e30)
    detail = (
        f"left and right exchanged change commands by {times:.0f} times what a replay may "
        f"deviate (at least {NOTICED})"
    )
    return Finding(
        check=f"{name}: joint order matters",
        passed=times >= NOTICED,
        detail=detail,
        figures={"times": times},
    )
