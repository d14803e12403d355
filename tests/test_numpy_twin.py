"""The second artefact says what the first one and the simulator say, without torch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from deploy.artefacts import Artefact, TorchProgram, program_bytes, twin_bytes
from deploy.twin.legged import Twin
from envs.climb import ClimbBatch
from envs.robots import GO2
from envs.scenario import trial
from envs.staircase import Direction, Staircase
from tests.bundles import random_actor
from tests.test_controller import readings


@pytest.fixture(scope="module")
def twin() -> Twin:
    return Twin(twin_bytes(GO2, random_actor()))


@pytest.fixture(scope="module")
def program() -> TorchProgram:
    return TorchProgram(program_bytes(GO2, random_actor()))


def worst_over_an_episode(artefact: Artefact, direction: Direction, seed: int, steps: int) -> float:
    """Largest deviation of joint positions [rad] from what the simulator's own controller commands while it runs."""
    actor, batch, rng = random_actor(), ClimbBatch(GO2, 1), np.random.default_rng(seed)
    observation, _ = batch.reset({0: trial(rng, GO2, Staircase(riser=0.08, direction=direction))}, {0: rng})
    artefact.reset()
    worst = 0.0
    for _ in range(steps):
        said = artefact.step(*(part[0].numpy() for part in batch.sensors))
        with torch.inference_mode():
            result = batch.step(actor(torch.from_numpy(observation)).numpy())
        observation = result.policy
        worst = max(worst, float(np.abs(said[0] - batch.command.position[0].numpy()).max()))
        if result.end[0]:
            break
    batch.close()
    return worst


@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_twin_agrees_with_the_simulator(twin: Twin, direction: Direction) -> None:
    assert worst_over_an_episode(twin, direction, 1, 120) <= 1e-4


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("direction", ["up", "down"])
def test_both_agree_with_the_simulator_over_whole_episodes(program: TorchProgram, twin: Twin, direction: Direction, seed: int) -> None:
    assert worst_over_an_episode(program, direction, seed, 1000) <= 1e-5
    assert worst_over_an_episode(twin, direction, seed, 1000) <= 1e-4


def test_both_replace_what_is_not_finite_alike(twin: Twin, program: TorchProgram) -> None:
    rng = np.random.default_rng(0)
    twin.reset()
    program.reset()
    for seed in range(40):
        reading = [part[0].numpy().copy() for part in readings(1, seed)]
        for part in reading:
            part[rng.random(part.shape) < 0.3] = rng.choice([np.nan, np.inf, -np.inf])
        np.testing.assert_allclose(twin.step(*reading)[0], program.step(*reading)[0], atol=1e-4, rtol=0)


def test_the_twin_needs_numpy_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "twin.npz").write_bytes(twin_bytes(GO2, random_actor()))
    code = (
        "import sys; from deploy.twin.legged import Twin; t = Twin(open(sys.argv[1], 'rb').read());"
        "assert not {'torch', 'envs', 'agents', 'pybullet'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "twin.npz")], check=True)
