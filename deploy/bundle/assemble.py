"""Put a bundle together: both artefacts, golden traces, what verification found, the model card,
and a signed manifest of it all.
"""

import json
from typing import TYPE_CHECKING

from agents.networks import Actor
from agents.policies import PRETRAINED, Policy
from agents.versions import versions
from deploy.bundle import golden, signing
from deploy.bundle.artefacts import program_bytes, twin_bytes
from deploy.bundle.describe import facts
from deploy.bundle.verify import examine
from deploy.runtime.bundle import archive, findings, manifest, trace
from deploy.runtime.bundle.manifest import SCHEMA, Manifest
from deploy.runtime.errors import VerificationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PACKETS = 1000
"""Random sensor packets in the report that a bundle carries; `deploy verify` sends more."""


def assemble(
    policy: Policy,
    actor: Actor,
    name: str,
    version: str,
    key: "Ed25519PrivateKey",
    blind: Actor | None = None,
) -> bytes:
    """The bundle's bytes: on one machine, with the same packages, the same policies and key give
    the same bytes. `blind` takes over when the height map fails.

    Raises:
        VerificationError: the policy fails a check.
        RefusedError: `version` is not three numbers.
    """
    spec = policy.spec
    origin = json.loads(json.dumps(policy.origin, default=str))
    about = Manifest(
        schema=SCHEMA,
        name=name,
        version=version,
        versions={**versions()},
        provenance=origin,
        files={},
        **facts(spec),
    )
    manifest.check(about)
    files = {
        archive.PROGRAM: program_bytes(spec, actor),
        archive.TWIN: twin_bytes(spec, actor),
        archive.GOLDEN: trace.to_bytes(
            golden.record(spec=spec, actor=actor, steps=golden.STEPS, blind=policy.blind)
        ),
        archive.CARD: card(policy, name, version).encode(),
    }
    if blind is not None:
        files |= {
            archive.BLIND: program_bytes(spec, blind),
            archive.BLIND_GOLDEN: trace.to_bytes(
                golden.record(spec, blind, golden.STEPS, blind=True)
            ),
        }
    found = examine(about, files, PACKETS)
    title = f"{name} {version} for {policy.robot}"
    report = findings.as_text(title, found)
    if not findings.passed(found):
        raise VerificationError(f"{title}: {findings.first_failure(found)}", report)
    files |= {
        archive.REPORT: report.encode(),
        archive.REPORT_JSON: findings.as_json(title, found).encode(),
    }
    return sealed(about, files, key)


def sealed(about: Manifest, files: dict[str, bytes], key: "Ed25519PrivateKey") -> bytes:
    """The signed bundle of `files`, whose hashes go into the manifest."""
    listed = Manifest(**{**vars(about), "files": archive.hashes(files)})
    text = manifest.to_bytes(listed)
    return archive.pack(
        files | {archive.MANIFEST: text, archive.SIGNATURE: signing.sign(text, key)}
    )


def card(policy: Policy, name: str, version: str) -> str:
    """The model card: the shipped one if the policy has one, else what is known of its origin."""
    shipped = PRETRAINED / policy.name / "README.md"
    if shipped.is_file():
        return shipped.read_text()
    steps = policy.origin.get("steps", "unknown")
    minutes = policy.origin.get("minutes", "unknown")
    return (
        f"# {name} {version}\n\nA policy for {policy.robot} on straight flights of stairs, "
        f"trained in simulation: {steps} steps, {minutes} minutes.\n"
        "It has no model card of its own: judge it with `python evaluate.py` before it walks.\n"
    )
