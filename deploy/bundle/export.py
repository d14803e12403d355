"""Export a policy: as one TorchScript file, or as a signed bundle."""

from dataclasses import dataclass
from pathlib import Path

from agents import policies
from agents.networks import Actor
from agents.policies import Policy
from deploy.bundle.artefacts import program_bytes
from deploy.bundle.assemble import assemble
from deploy.bundle.signing import load_private
from deploy.runtime import disk
from deploy.runtime.errors import DeployError


@dataclass(frozen=True)
class ExportConfig:
    """Export a policy: sensors in, joint commands out, everything inside, with `reset()`.

    Without a key, as one TorchScript file. With a key, as a signed bundle, which is what a robot
    takes.
    """

    out: Path | None = None
    """The file to write; it must not exist. A bundle's default: NAME-VERSION.bundle."""
    policy: str = "go2"
    """A shipped policy, a run's folder or a checkpoint."""
    blind: str | None = None
    """A policy that was trained without a height map; in a bundle it takes over when the map fails.
    Left out: the robot then stops and holds.
    """
    key: Path | None = None
    """The private key that signs the bundle; `deploy keygen` makes one."""
    version: str = "0.1.0"
    """Version of the bundle: three numbers, higher for every one that goes to a robot."""


def export(config: ExportConfig) -> Path:
    """Write the file and return its path.

    Raises:
        DeployError: the file exists, its folder does not, it cannot be written, or the policy fails
            a check.
        PolicyError: there is no such policy.
    """
    if config.out is None and config.key is None:
        raise DeployError(
            "say where to: --out FILE.ts for TorchScript, or --key KEY for a signed bundle"
        )
    name = Path(config.policy).resolve().stem
    out = config.out or Path(f"{name}-{config.version}.bundle")
    disk.check(out)
    key = load_private(config.key) if config.key else None
    policy = policies.load(config.policy)
    if policy.actor is None:
        raise DeployError(
            f"{config.policy!r} is a baseline without a network; export a trained policy"
        )
    if key is None and config.blind:
        raise DeployError(
            "a second program needs a bundle to be in; add --key KEY, or leave out --blind"
        )
    if key is None:
        return disk.write(out, program_bytes(policy.spec, policy.actor))
    return disk.write(
        out,
        assemble(
            policy=policy,
            actor=policy.actor,
            name=name,
            version=config.version,
            key=key,
            blind=_blind(config.blind, policy),
        ),
    )


def _blind(name: str | None, sighted: Policy) -> Actor | None:
    if name is None:
        return None
    policy = policies.load(name)
    if policy.actor is None or policy.robot != sighted.robot or not policy.blind:
        raise DeployError(
            f"{name!r} was not trained without a map for {sighted.robot}; train one with `python "
            "train.py --blind`"
        )
    if policy.spec.gait != sighted.spec.gait:
        raise DeployError(
            f"{name!r} was trained with another gait than {sighted.name!r}; train it with the same"
        )
    return policy.actor
