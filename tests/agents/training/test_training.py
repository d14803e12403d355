"""A training run end to end, as small as it can be: what it writes, that it repeats, resumes, and
survives being stopped.
"""

import csv
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch

from agents import checkpoint, curve, policies, ship
from agents.learning import ppo
from agents.learning.ppo import HIGHEST_RATE, LOWEST_RATE, PPOConfig, next_rate
from agents.learning.vec_env import ClimbVecEnv
from agents.training import cli
from agents.training.config import TrainConfig
from agents.training.run import train
from envs.robots.go2 import GO2
from envs.workers.pool import Pool
from tests import ROOT

ITERATION = 4 * 256
TINY = PPOConfig(rollout=256, minibatch=256, epochs=1)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    yield
    torch.set_num_threads(1)


def config(run: Path, iterations: int = 2) -> TrainConfig:
    return TrainConfig(run=run, steps=iterations * ITERATION, robots=4, workers=1, ppo=TINY)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two iterations."""
    return train(config(tmp_path_factory.mktemp("first") / "run"))


def newest(folder: Path) -> dict[str, Any]:
    found = checkpoint.newest(folder)
    assert found is not None
    return found[1]


def test_a_run_leaves_its_configuration_versions_checkpoint_and_curves(run: Path) -> None:
    kept = json.loads((run / "config.json").read_text())
    assert kept["robots"] == 4
    assert kept["rewards"]["progress"] == GO2.rewards.progress
    assert kept["gait"]["clearance"] == GO2.trot.clearance
    assert kept["randomization"]["friction"] == GO2.randomization.friction._asdict()
    made_with = json.loads((run / "versions.json").read_text())
    assert made_with["pybullet"] == "3.2.7"
    assert made_with["tree"] in ("clean", "dirty", "unknown")
    assert "progress" in (run / "datasheet.txt").read_text()
    assert list((run / "tensorboard").glob("events.out.*"))
    with (run / "tensorboard" / "progress.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {
        "curriculum/riser_up",
        "curriculum/riser_down",
        "reward/progress",
        "ends/arrived",
        "train/approx_kl",
    } <= set(rows[-1])
    assert [int(float(row["time/total_timesteps"])) for row in rows] == [ITERATION, 2 * ITERATION]
    assert newest(run)["steps"] == 2 * ITERATION


def test_a_curve_is_read_from_a_run_or_from_a_log_that_was_kept(run: Path, tmp_path: Path) -> None:
    log = shutil.copy(run / "tensorboard" / "progress.csv", tmp_path / "the-best-run.csv")
    assert [row["time/total_timesteps"] for row in curve.read(run)] == [ITERATION, 2 * ITERATION]
    assert curve.read(Path(log)) == curve.read(run)


def test_a_shipped_run_leaves_its_actor_and_its_curve(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "PRETRAINED", tmp_path)
    monkeypatch.setattr(ship, "ROWS", 1)
    path = ship.ship(run, "mine")
    assert policies.load(str(path)).actor is not None
    (kept,) = curve.read(tmp_path / "mine" / "seed-1.csv")
    last = curve.read(run)[-1]
    assert kept["time/total_timesteps"] == 2 * ITERATION
    assert kept["curriculum/riser_up"] == pytest.approx(last["curriculum/riser_up"])


def test_without_a_log_nothing_is_shipped(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for path in run.glob("checkpoint*"):
        shutil.copy(path, bare)
    monkeypatch.setattr(policies, "PRETRAINED", tmp_path / "shipped")
    assert ship.main(bare, "mine") == 1
    assert capsys.readouterr().err.startswith("ship: cannot use ")
    assert not (tmp_path / "shipped").exists()


def test_a_run_can_start_from_the_weights_of_another(run: Path, tmp_path: Path) -> None:
    still = replace(
        config(tmp_path / "second", 1), start=run, seed=9, ppo=replace(TINY, rate=1e-12)
    )
    ours = newest(train(still))["policy"]
    theirs = newest(run)["policy"]
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-6) for name in theirs)
    assert newest(still.run)["steps"] == ITERATION
    with pytest.raises(checkpoint.CheckpointError, match="not a run's checkpoint"):
        train(replace(still, run=tmp_path / "third", start=Path("agents/pretrained/go2/policy.pt")))


def test_the_same_seed_gives_the_same_weights_on_any_number_of_workers_and_threads(
    run: Path, tmp_path: Path
) -> None:
    first = newest(run)["policy"]
    torch.set_num_threads(3)
    again = newest(train(replace(config(tmp_path / "run"), workers=3)))["policy"]
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_a_resumed_run_goes_on_where_it_stopped_and_keeps_its_curves(tmp_path: Path) -> None:
    begun = config(tmp_path / "run", iterations=1)
    train(begun)
    curves = (begun.run / "tensorboard" / "progress.csv").read_text()
    train(replace(begun, steps=2 * ITERATION, resume=True))
    state = newest(begun.run)
    assert (state["steps"], state["iteration"]) == (2 * ITERATION, 2)
    assert (state["robots"]["episode"] > 1).all()
    assert (begun.run / "tensorboard" / "progress.csv").read_text() == curves
    # What it was begun with stays beside what it goes on with.
    kept = [begun.run / name for name in ("config.json", f"config-{ITERATION}.json")]
    assert [json.loads(path.read_text())["resume"] for path in kept] == [False, True]


def test_a_finished_run_resumed_stays_as_it_is_and_a_damaged_checkpoint_is_passed_over(
    run: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(run, tmp_path / "run")
    old = checkpoint.save(copy, ITERATION, newest(copy) | {"steps": ITERATION})
    path = checkpoint.existing(copy)[-1]
    path.write_bytes(path.read_bytes()[:-9])
    train(replace(config(copy, iterations=1), resume=True))
    assert checkpoint.newest(copy) == (old, mock.ANY)


def test_ctrl_c_keeps_the_last_checkpoint_and_says_how_to_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    arguments = [
        "--run",
        str(folder),
        "--steps",
        "100000000",
        "--robots",
        "2",
        "--workers",
        "1",
        "--ppo.rollout",
        "64",
        "--ppo.minibatch",
        "64",
        "--save-iterations",
        "1",
    ]
    # A session of its own, as Ctrl-C in a terminal reaches the workers too.
    process = subprocess.Popen(
        [sys.executable, "train.py", *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300
    while (
        not checkpoint.existing(folder) and process.poll() is None and time.monotonic() < deadline
    ):
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert f"python train.py {shlex.join(arguments)} --resume" in errors
    assert "Traceback" not in errors
    assert newest(folder)["steps"] % (2 * 64) == 0


def test_training_goes_on_without_a_worker_that_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    send = Pool.send
    count = iter(range(10**6))

    def kills(pool: Pool, numbers: Any, request: str, *arguments: Any) -> None:
        send(pool, numbers, request, *arguments)
        if request == "collect" and next(count) == 0:
            os.kill(pool.processes[0].pid or 0, signal.SIGKILL)

    monkeypatch.setattr(Pool, "send", kills)
    assert newest(train(config(tmp_path / "run", iterations=1)))["steps"] == ITERATION
    assert "worker 0 died (exit code -9)" in capfd.readouterr().err


def test_a_reward_that_is_not_finite_ends_the_run_before_the_weights_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    collect = ClimbVecEnv.collect
    weights = []

    def poisoned(*arguments: Any) -> Any:
        found = collect(*arguments)
        for steps in found or []:
            steps.rewards[:] = np.nan
        return found

    real = ppo.build

    def build(*arguments: Any) -> Any:
        model = real(*arguments)
        weights.append(
            (
                model.policy,
                {name: weight.clone() for name, weight in model.policy.state_dict().items()},
            )
        )
        return model

    monkeypatch.setattr(ClimbVecEnv, "collect", poisoned)
    monkeypatch.setattr(ppo, "build", build)
    arguments = "--steps 16 --robots 2 --workers 1 --ppo.rollout 8 --ppo.minibatch 16 --run"
    monkeypatch.setattr(sys, "argv", ["train.py", *arguments.split(), str(tmp_path / "run")])
    assert cli.main() == 1
    assert (
        capsys.readouterr()
        .err.splitlines()[-1]
        .startswith("train.py: the gradient is not finite; the weights are as they were")
    )
    ((policy, before),) = weights
    assert all(torch.equal(weight, before[name]) for name, weight in policy.state_dict().items())


def test_the_learning_rate_follows_the_divergence_within_bounds() -> None:
    assert next_rate(1e-4, kl=0.1, target=0.01) < 1e-4 < next_rate(1e-4, kl=0.001, target=0.01)
    assert next_rate(1e-4, kl=0.01, target=0.01) == 1e-4
    assert next_rate(LOWEST_RATE, kl=1.0, target=0.01) == LOWEST_RATE
    assert next_rate(HIGHEST_RATE, kl=0.0, target=0.01) == HIGHEST_RATE
