"""Policies, keys and bundles for tests of `deploy`."""

from pathlib import Path

import torch

from agents import checkpoint
from agents.policy import Actor
from deploy import signing
from deploy.assemble import sealed
from deploy.describe import facts
from deploy.runtime import manifest
from deploy.runtime.manifest import Manifest
from envs.kinds import kind
from envs.robots import GO2, RobotSpec


def random_actor(seed: int = 0, spec: RobotSpec = GO2) -> Actor:
    """An actor with small random weights."""
    torch.manual_seed(seed)
    controller = kind(spec).controller(spec)
    actor = Actor(controller.observations, controller.actions).eval()
    with torch.no_grad():
        for weight in actor.parameters():
            weight.mul_(0.5)
    return actor


def random_policy(folder: Path, spec: RobotSpec = GO2) -> Path:
    """A policy file with `random_actor` in it."""
    origin = {"steps": 0, "minutes": 0.0, "config": {"robot": spec.name}}
    state = {"robot": spec.name, "actor": random_actor(spec=spec).state_dict(), "origin": origin}
    return checkpoint.write(folder / "random.pt", state)


def key_pair(folder: Path) -> Path:
    """A fresh private key; its public one is beside it."""
    signing.keygen(signing.KeygenConfig(folder / "key"))
    return folder / "key"


def about(files: dict[str, str] | None = None, **changes: object) -> Manifest:
    """The manifest of a Go2's bundle."""
    values = {"schema": manifest.SCHEMA, "name": "random", "version": "0.1.0", "versions": {}, "provenance": {"share": 0.1}, "files": files or {}}
    return Manifest(**(values | facts(GO2) | changes))  # type: ignore[arg-type]


def tiny(key: Path) -> bytes:
    """A signed bundle with two small files in it, neither of which could be run."""
    return sealed(about(), {"policy.ts": b"program", "card.md": b"# card\n"}, signing.load_private(key))
