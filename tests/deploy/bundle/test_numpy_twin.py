"""The second artefact says what the first one and the simulator say, without torch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deploy.bundle.artefacts import TorchProgram, program_bytes, twin_bytes
from deploy.bundle.twin.legged import LeggedTwin
from envs.robots.go2 import GO2
from envs.task.staircase import Direction, Staircase
from tests.envs.programs.test_controller import readings
from tests.support.bundles import random_actor
from tests.support.parity import worst_over_an_episode


@pytest.fixture(scope="module")
def twin() -> LeggedTwin:
    return LeggedTwin(twin_bytes(GO2, random_actor()))


@pytest.fixture(scope="module")
def program() -> TorchProgram:
    return TorchProgram(program_bytes(GO2, random_actor()))


@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_twin_agrees_with_the_simulator(twin: LeggedTwin, direction: Direction) -> None:
    assert (
        worst_over_an_episode(
            artefact=twin, spec=GO2, stairs=Staircase(0.08, direction=direction), seed=1, steps=120
        )[0]
        <= 1e-4
    )


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("direction", ["up", "down"])
def test_both_agree_with_the_simulator_over_whole_episodes(
    program: TorchProgram, twin: LeggedTwin, direction: Direction, seed: int
) -> None:
    assert (
        worst_over_an_episode(
            artefact=program,
            spec=GO2,
            stairs=Staircase(0.08, direction=direction),
            seed=seed,
            steps=1000,
        )[0]
        <= 1e-5
    )
    assert (
        worst_over_an_episode(
            artefact=twin,
            spec=GO2,
            stairs=Staircase(0.08, direction=direction),
            seed=seed,
            steps=1000,
        )[0]
        <= 1e-4
    )


def test_both_replace_what_is_not_finite_alike(twin: LeggedTwin, program: TorchProgram) -> None:
    rng = np.random.default_rng(0)
    twin.reset()
    program.reset()
    for seed in range(40):
        reading = [part[0].numpy().copy() for part in readings(1, seed)]
        for part in reading:
            part[rng.random(part.shape) < 0.3] = rng.choice([np.nan, np.inf, -np.inf])
        np.testing.assert_allclose(
            twin.step(*reading)[0], program.step(*reading)[0], atol=1e-4, rtol=0
        )


def test_the_twin_needs_numpy_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "twin.npz").write_bytes(twin_bytes(GO2, random_actor()))
    code = (
        "import sys; from deploy.bundle.twin.legged import LeggedTwin; "
        "LeggedTwin(open(sys.argv[1], 'rb').read()); "
        "assert not {'torch', 'envs', 'agents', 'pybullet'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "twin.npz")], check=True)
