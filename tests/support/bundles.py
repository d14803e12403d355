"""Policies, keys and bundles for tests of `deploy`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from agents import checkpoint
from agents.networks import Actor
from deploy import __main__ as command_line
from deploy.bundle import signing
from deploy.bundle.assemble import sealed
from deploy.bundle.describe import facts
from deploy.runtime.bundle import archive, manifest, replay
from deploy.runtime.bundle.findings import Finding
from deploy.runtime.bundle.manifest import Manifest
from envs.families import family
from envs.robots.go2 import GO2
from envs.robots.spec import RobotSpec

Run = Callable[..., tuple[int, str, str]]


def deploy_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`python -m deploy` in this process: exit status, output and errors for its arguments.

    Latency is left out: it depends on the machine.
    """
    monkeypatch.setattr(
        replay, "latency", lambda *_, **__: Finding("latency", True, "not measured")
    )

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["deploy", *map(str, words)])
        status = command_line.main()
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def random_actor(seed: int = 0, spec: RobotSpec = GO2) -> Actor:
    """An actor with small random weights."""
    torch.manual_seed(seed)
    controller = family(spec).controller(spec)
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
    values = {
        "schema": manifest.SCHEMA,
        "name": "random",
        "version": "0.1.0",
        "versions": {},
        "provenance": {"share": 0.1},
        "files": files or {},
    }
    return Manifest(**(values | facts(GO2) | changes))  # type: ignore[arg-type]


def outdated(key: Path) -> bytes:
    """A signed bundle of the schema before this one."""
    values = json.loads(manifest.to_bytes(about(schema=manifest.SCHEMA - 1)))
    del values["hold_kp"]
    text = json.dumps(values, sort_keys=True, separators=(",", ":")).encode()
    return archive.pack(
        {archive.MANIFEST: text, archive.SIGNATURE: signing.sign(text, signing.load_private(key))}
    )


def tiny(key: Path) -> bytes:
    """A signed bundle with two small files in it, neither of which could be run."""
    return sealed(
        about(), {"policy.ts": b"program", "card.md": b"# card\n"}, signing.load_private(key)
    )
