"""Write a policy as one TorchScript file."""

from dataclasses import dataclass
from pathlib import Path

import torch

from agents import policies
from deploy.program import script
from envs.robots import ROBOTS


@dataclass(frozen=True)
class ExportConfig:
    """Export a policy as one TorchScript file: sensors in, joint commands out, everything inside, with `reset()`."""

    out: Path
    """The file to write; it must not exist."""
    policy: str = "go2"
    """A shipped policy, a run's folder or a checkpoint."""


class ExportError(RuntimeError):
    """The export cannot be done; the message names the remedy."""


def export(config: ExportConfig) -> Path:
    """Write the file and return its path.

    Raises:
        ExportError: the file exists, its folder does not, or it cannot be written.
        PolicyError: there is no such policy.
    """
    if config.out.exists():
        raise ExportError(f"{config.out} exists; remove it or choose another name")
    if not config.out.parent.is_dir():
        raise ExportError(f"there is no folder {config.out.parent}; make it first")
    policy = policies.load(config.policy)
    if policy.actor is None:
        raise ExportError(f"{config.policy!r} is a baseline without a network; export a trained policy")
    partial = config.out.with_name(config.out.name + ".partial")
    try:
        torch.jit.save(script(ROBOTS[policy.robot], policy.actor), str(partial))
        partial.replace(config.out)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        raise ExportError(f"cannot write {config.out}: {error}") from error
    return config.out
