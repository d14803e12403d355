"""The exported file is the training-side controller and network, to the last step of an episode."""

import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from agents import checkpoint, policies
from deploy.bundle.export import ExportConfig, export
from deploy.runtime.errors import DeployError
from envs.climb import ClimbBatch
from envs.programs.sensors import Sensors
from envs.robots.go2 import GO2
from envs.settings import plain
from envs.task.scenario import trial
from envs.task.staircase import Direction, Staircase
from tests.support.bundles import key_pair

TOLERANCE = 1e-5
"""[rad]."""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(ExportConfig(tmp_path_factory.mktemp("export") / "go2.ts"))


def load(path: Path) -> torch.jit.ScriptModule:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"torch\.jit")
        return torch.jit.load(str(path))


@pytest.mark.parametrize(
    ("direction", "riser", "seed"), [("up", 0.10, 1), ("down", 0.13, 2), ("up", 0.0, 3)]
)
def test_the_file_says_what_the_simulator_stepped_over_a_whole_episode(
    exported: Path, direction: Direction, riser: float, seed: int
) -> None:
    program = load(exported)
    policy = policies.load("go2")
    batch = ClimbBatch(GO2, 1)
    rng = np.random.default_rng(seed)
    observation, _ = batch.reset(
        {0: trial(rng, GO2, Staircase(riser=riser, direction=direction))}, {0: rng}
    )
    program.reset()
    worst = 0.0
    steps = 0
    end = 0
    while not end:
        with torch.inference_mode():
            said = program(*batch.sensors)
        result = batch.step(policy.act(observation, []))
        observation = result.policy
        end = int(result.end[0])
        steps = steps + 1
        for mine, theirs in zip(said, batch.command, strict=True):
            worst = max(worst, float((mine - theirs).abs().max()))
    batch.close()
    assert steps > 100
    assert worst <= TOLERANCE


def sensors(joint_position: torch.Tensor) -> Sensors:
    ground = torch.full((1, 29, 7), -GO2.stand_height)
    return Sensors(
        gravity_in_base=torch.tensor([[0.0, 0.0, -1.0]]),
        angular_velocity_base_in_base=torch.zeros(1, 3),
        joint_position=joint_position,
        joint_velocity=torch.zeros(1, 12),
        command=torch.tensor([[0.5, 0.0]]),
        height_map=ground,
    )


def test_reset_forgets(exported: Path) -> None:
    program = load(exported)
    reading = sensors(torch.tensor([GO2.stance]))
    program.reset()
    first = [program(*reading)[0].clone() for _ in range(20)]
    program.reset()
    again = [program(*reading)[0].clone() for _ in range(20)]
    assert torch.equal(torch.stack(first), torch.stack(again))
    assert not torch.equal(first[0], first[-1])


def test_the_file_needs_nothing_of_the_project(exported: Path) -> None:
    code = (
        "import sys, torch; p = torch.jit.load(sys.argv[1]); p.reset();"
        "c = p(torch.tensor([[0., 0., -1.]]), torch.zeros(1, 3), torch.zeros(1, 12), "
        "torch.zeros(1, 12), torch.zeros(1, 2), torch.zeros(1, 29, 7));"
        "assert not {'envs', 'agents', 'pybullet', 'gymnasium', 'numpy.ma'} & set(sys.modules) - "
        "{'numpy.ma'}; print(tuple(c[0].shape))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(exported)],
        capture_output=True,
        text=True,
        cwd=exported.parent,
        check=True,
    )
    assert done.stdout.strip() == "(1, 12)"


def test_an_existing_file_is_not_overwritten(exported: Path) -> None:
    before = exported.read_bytes()
    with pytest.raises(DeployError, match="exists; remove it"):
        export(ExportConfig(exported))
    assert exported.read_bytes() == before


def test_wrong_policies_are_refused_by_the_command_line(tmp_path: Path) -> None:
    for name, remedy in (("nobody", "there is no policy"), ("zero", "export a trained policy")):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "deploy",
                "export",
                "--policy",
                name,
                "--out",
                str(tmp_path / "x.ts"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert remedy in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert not list(tmp_path.iterdir())


def test_a_policy_is_exported_with_the_gait_it_was_trained_with(
    exported: Path, tmp_path: Path
) -> None:
    path = policies.PRETRAINED / "go2" / "policy.pt"
    state = policies.slim(checkpoint.load(path))
    settings = state["origin"]["config"] | {"gait": plain(replace(GO2.trot, clearance=0.2))}
    higher = checkpoint.write(
        tmp_path / "higher.pt", state | {"origin": state["origin"] | {"config": settings}}
    )
    out = export(ExportConfig(tmp_path / "higher.ts", policy=str(higher)))
    assert out.read_bytes() != exported.read_bytes()
    key = key_pair(tmp_path)
    with pytest.raises(DeployError, match="another gait"):
        export(ExportConfig(tmp_path / "a.bundle", policy=str(higher), blind="go2-blind", key=key))
