"""Digests of what must not change when code is only moved: python -m tests.digests.

One line each for a training run of four iterations (every robot, one worker and two), an
evaluation, and an exported
program: what it answers on its golden traces, its operations, and its weights and constants. They
hold for one machine and one set of packages.
"""

import hashlib
import io
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from agents import checkpoint, policies
from agents.evaluation.episodes.results import record, summarise
from agents.evaluation.episodes.trials import Trials, run
from agents.training.config import preset
from agents.training.run import train
from deploy.bundle import golden
from deploy.bundle.artefacts import program_bytes, twin_bytes
from deploy.runtime.bundle.program import torchscript
from envs.physics.quiet import quiet
from envs.task.staircase import Staircase

ITERATIONS = 4
_PLACES = re.compile(r"__torch__[\w.]*\.(?=\w)|\s*#.*")
"""Modules of types and lines of source: they say where code stands, not what it does."""


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def training(robot: str, workers: int) -> str:
    """Digest of the weights after a short run."""
    settings = preset(robot)
    ppo = replace(settings.ppo, rollout=16, minibatch=64)
    with tempfile.TemporaryDirectory() as folder:
        config = replace(
            settings,
            run=Path(folder) / "run",
            robots=32,
            steps=ITERATIONS * 32 * 16,
            workers=workers,
            ppo=ppo,
        )
        config.run.mkdir()
        train(config)
        found = checkpoint.newest(config.run)
        assert found is not None
        return checkpoint.digest(found[1])[:16]


def evaluation(policy: str) -> str:
    """Digest of the figures of a few episodes, up and down, everything random."""
    robot = policies.load(policy).robot
    flights = tuple(Staircase(0.12, 0.30, 4, direction=way) for way in ("up", "down"))
    trials = Trials(
        policy=policy, robot=robot, flights=flights, episodes=3, seed=7, randomize="full"
    )
    found = record(trials, summarise(trials, run(trials, 2)))
    found.pop("versions")
    return _digest(json.dumps(found, sort_keys=True, default=str).encode())


def answers(policy: str) -> str:
    """Digest of golden traces: sensors and commands of the simulator's own controller."""
    loaded = policies.load(policy)
    assert loaded.actor is not None
    trace = golden.record(spec=loaded.spec, actor=loaded.actor, steps=200, blind=loaded.blind)
    arrays = [*trace.sensors.values(), *trace.commands.values(), trace.starts]
    return _digest(*(np.ascontiguousarray(array).tobytes() for array in arrays))


def program(policy: str) -> str:
    """Digest of an exported program's operations, wherever its classes stand."""
    loaded = policies.load(policy)
    assert loaded.actor is not None
    with torchscript():
        scripted = torch.jit.load(io.BytesIO(program_bytes(loaded.spec, loaded.actor)))
    return _digest(_PLACES.sub("", str(scripted.forward.inlined_graph)).encode())


def twin(policy: str) -> str:
    """Digest of the numpy twin's file."""
    loaded = policies.load(policy)
    assert loaded.actor is not None
    return _digest(twin_bytes(loaded.spec, loaded.actor))


def lines() -> Iterator[tuple[str, str]]:
    """Name and digest of each thing."""
    for robot in ("go2", "tracked"):
        for workers in (1, 2):
            yield f"training {robot}, {workers} workers", training(robot, workers)
    for policy in ("go2", "tracked"):
        yield f"evaluation {policy}", evaluation(policy)
    for policy in ("go2", "go2-blind", "tracked"):
        yield f"golden traces {policy}", answers(policy)
        yield f"program {policy}", program(policy)
        yield f"twin {policy}", twin(policy)


def main() -> None:
    """Print the digests."""
    for name, digest in lines():
        print(f"{name:30s} {digest}", flush=True)


if __name__ == "__main__":
    with quiet():
        import pybullet  # noqa: F401
    main()
