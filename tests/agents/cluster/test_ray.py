"""Training on a Ray cluster of two nodes on this machine: the same weights with any number of
workers, and what is lost with a worker or a node.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

# Otherwise Ray's workers give way to everything else on this machine, and a comparison of rates is
# not fair.
os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
pytest.importorskip("ray")

import ray
from ray.cluster_utils import Cluster as Nodes
from stable_baselines3.common.callbacks import BaseCallback

from agents import checkpoint
from agents.cluster import connection, ray_robots
from agents.cluster.ray_robots import Cluster
from agents.cluster.whole_rollouts import ClusterVecEnv
from agents.learning import ppo
from agents.learning.ppo import PPOConfig
from agents.learning.vec_env import ClimbVecEnv
from agents.training import cli
from agents.training.config import TrainConfig
from agents.training.run import train
from envs.robots.go2 import GO2
from envs.task.curriculum import CurriculumConfig
from envs.workers.worker import Job, WorkerError

# Ray leaves pipes and files of its own processes open.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

ROLLOUT = 32
ROBOTS = 4
TINY = PPOConfig(rollout=ROLLOUT, minibatch=64, epochs=1)
NODE: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 100 * 2**20}


def config(run: Path, address: str, iterations: int = 2) -> TrainConfig:
    return TrainConfig(
        run=run,
        steps=iterations * ROLLOUT * ROBOTS,
        robots=ROBOTS,
        ray=address,
        shard=2,
        save_iterations=2,
        ppo=TINY,
    )


def weights(run: Path) -> str:
    found = checkpoint.newest(run)
    assert found is not None
    return checkpoint.digest(found[1])


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """A cluster of one node with one CPU, to which this process is connected."""
    made = Nodes(initialize_head=True, head_node_args=NODE | {"include_dashboard": False})
    assert connection.connect(made.address, 1) is None
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture(scope="module")
def alone(nodes: Nodes, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Digest of the weights of a run with one worker."""
    return weights(train(config(tmp_path_factory.mktemp("alone") / "run", nodes.address)))


@pytest.fixture
def second(nodes: Nodes, alone: str) -> Iterator[Any]:
    """A second node, while a test lasts."""
    node = nodes.add_node(**NODE)
    yield node
    if node in nodes.list_all_nodes():
        nodes.remove_node(node)


def when(monkeypatch: pytest.MonkeyPatch, rollout: int, happens: Callable[[Cluster], None]) -> None:
    """Let something happen as soon as the orders for the rollout with this number, from 1, are
    out.
    """
    collect = Cluster.collect

    def patched(self: Cluster, *arguments: Any) -> Iterator[Any]:
        arrivals = collect(self, *arguments)
        first = next(arrivals)
        if self._round == rollout:
            happens(self)
        yield first
        yield from arrivals

    monkeypatch.setattr(Cluster, "collect", patched)


class Ends(BaseCallback):
    """When a rollout ended."""

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        self.at = time.perf_counter()


def test_two_nodes_give_the_weights_of_one(
    second: Any, nodes: Nodes, alone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[set[int]] = []
    when(monkeypatch, 2, lambda workers: held.append(set(workers._holder.values())))
    assert weights(train(config(tmp_path / "run", nodes.address))) == alone
    assert held == [{0, 1}]


def test_a_node_that_vanishes_costs_no_more_than_its_rollout(
    second: Any,
    nodes: Nodes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    when(monkeypatch, 1, lambda _: nodes.remove_node(second, allow_graceful=False))
    train(config(tmp_path / "run", nodes.address))
    assert "is lost" in capfd.readouterr().err
    found = checkpoint.newest(tmp_path / "run")
    assert found is not None
    assert found[1]["steps"] == 2 * ROLLOUT * ROBOTS


def test_a_resumed_run_gives_the_weights_of_one_that_was_not_stopped(
    nodes: Nodes, tmp_path: Path
) -> None:
    whole = config(tmp_path / "whole", nodes.address, 4)
    parts = config(tmp_path / "parts", nodes.address, 2)
    train(whole)
    train(parts)
    assert weights(parts.run) != weights(whole.run)
    train(replace(whole, run=parts.run, resume=True))
    assert weights(parts.run) == weights(whole.run)


def test_a_worker_that_dies_is_replaced_and_one_that_keeps_dying_ends_the_run(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    env = ClusterVecEnv(
        Job(GO2, 2, seed=7, randomize="nominal", curriculum=CurriculumConfig()), 2, TINY
    )
    real = Cluster._receive

    def killed(self: Cluster, reference: Any, errand: Any, patience: float) -> Any:
        ray.kill(self._workers[errand.worker])
        return real(self, self._workers[errand.worker].versions.remote(), errand, patience)

    monkeypatch.setattr(ray_robots, "LOSSES", 1)
    monkeypatch.setattr(Cluster, "_receive", killed)
    env.reset()
    with pytest.raises(
        WorkerError,
        match=r"^2 workers on the Ray cluster were lost within 80 rollouts, the last: "
        r"ActorDiedError.*--resume$",
    ):
        list(env.collect({}, [0]))
    assert capfd.readouterr().err.count("is lost") == 2
    env.close()


def test_a_worker_that_hangs_is_replaced(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    env = ClusterVecEnv(
        Job(GO2, 2, seed=7, randomize="nominal", curriculum=CurriculumConfig()), 2, TINY
    )
    env.reset()
    policy = ppo.build(replace(TINY, minibatch=2 * ROLLOUT), env, seed=1).policy.state_dict()
    list(env.collect(policy, [0]))
    (actor,) = env.cluster._workers.values()
    os.kill(ray.get(actor.__ray_call__.remote(lambda _: os.getpid())), signal.SIGSTOP)
    wait = ray.wait

    def impatient(*arguments: Any, **options: Any) -> Any:
        # The first errand is late at once; its successor has all the time that it needs.
        monkeypatch.setattr(ray_robots, "STEP", 100.0)
        return wait(*arguments, **options)

    monkeypatch.setattr(ray_robots, "STEP", -ray_robots.STARTING / ROLLOUT)
    monkeypatch.setattr(ray, "wait", impatient)
    assert [shard for shard, _ in filter(None, env.collect(policy, [0]))] == [0]
    assert "is lost (GetTimeoutError" in capfd.readouterr().err
    assert env.get_state()["episode"].tolist() == [2, 2]
    env.close()


def test_what_a_worker_raises_is_told_in_a_line(nodes: Nodes) -> None:
    env = ClusterVecEnv(
        Job(GO2, 2, seed=7, randomize="nominal", curriculum=CurriculumConfig()), 2, TINY
    )
    env.reset()
    with pytest.raises(WorkerError, match=r"^a worker on the Ray cluster failed: .*Missing key"):
        list(env.collect({}, [0]))
    with pytest.raises(NotImplementedError, match="whole rollouts"):
        env.step(np.zeros((2, 12)))
    env.close()


@pytest.mark.long
def test_two_nodes_collect_as_fast_as_two_local_workers(
    second: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    robots = 64
    rollout = 128
    rounds = 10
    job = Job(GO2, robots, seed=7, randomize="full", curriculum=CurriculumConfig())
    settings = PPOConfig(rollout=rollout, minibatch=robots * rollout)
    seconds: dict[str, list[float]] = {}
    models = {
        "local": ppo.build(settings, ClimbVecEnv(job, 2), 1),
        "Ray": ppo.build(settings, ClusterVecEnv(job, robots // 2, settings), 1),
    }
    # In turns, as the machine may do something else meanwhile.
    for _ in range(1 + rounds):
        for name, model in models.items():
            begun = time.perf_counter()
            model.learn(robots * rollout, callback=(ended := Ends()), reset_num_timesteps=False)
            seconds.setdefault(name, []).append(ended.at - begun)
    for model in models.values():
        model.get_env().close()  # type: ignore[union-attr]
    rates = {name: robots * rollout / np.median(times[1:]) for name, times in seconds.items()}
    with capsys.disabled():
        print(
            f"\n{rates['Ray']:.0f} steps/s on two nodes, {rates['local']:.0f} with two local "
            f"workers: {rates['Ray'] / rates['local']:.2f}"
        )
    assert rates["Ray"] > 0.9 * rates["local"]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("127.0.0.1:1", "cannot reach a Ray cluster at 127.0.0.1:1"),
        ("ray://127.0.0.1:1", "cannot reach a Ray cluster at ray://127.0.0.1:1"),
        ("nowhere", "use local, auto, HOST:PORT or ray://HOST:PORT"),
        ("127.0.0.1:x", "use local, auto, HOST:PORT or ray://HOST:PORT"),
    ],
)
def test_a_cluster_that_is_not_there_is_a_line_and_changes_nothing(
    address: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(sys, "argv", ["train.py", "--run", str(tmp_path / "run"), "--ray", address])
    assert cli.main() == 2
    errors = capsys.readouterr().err
    assert told in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_without_ray_a_line_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda _: None)
    assert (
        connection.connect("local", 1)
        == f"--ray needs Ray; install it: python -m pip install ray=={ray.__version__}"
    )
