"""What a step costs, part by part, beside Gymnasium's Ant: python -m envs.benchmark. Figures of one run are comparable, those of two machines are not."""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
import tyro
from rich.console import Console
from rich.table import Table

from envs import world
from envs.curriculum import CurriculumConfig
from envs.pool import Pool
from envs.quiet import quiet
from envs.robots import ROBOTS
from envs.workers import Job, Shared, Worker

WARM_UP = 30
LEVEL = 8
"""Of the curriculum in all robots: risers of 10 cm."""
BULLET_CALLS = ("stepSimulation", "getJointStates", "setJointMotorControlArray", "getBasePositionAndOrientation", "getBaseVelocity")
NOISE = 0.12
"""Standard deviation of the random actions: what training explores with."""


@dataclass(frozen=True)
class BenchmarkConfig:
    """Measure environment steps a second, without learning, under full randomisation."""

    robot: str = "go2"
    robots: int = 128
    """Robots, over all workers; with fewer, what is done once a batch weighs more."""
    workers: int = 2
    """Worker processes."""
    steps: int = 400
    """Control steps to measure."""


class Stopwatch:
    """Time spent in functions [s], by label; calls inside one another count for the inner one too."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def watch(self, owner: Any, name: str, label: str) -> None:
        """Replace `owner.name` by a timed version."""
        inner: Callable[..., Any] = getattr(owner, name)
        self.seconds.setdefault(label, 0.0)

        def timed(*args: Any, **kwargs: Any) -> Any:
            begun = time.perf_counter()
            try:
                return inner(*args, **kwargs)
            finally:
                self.seconds[label] += time.perf_counter() - begun

        setattr(owner, name, timed)


def throughput(config: BenchmarkConfig) -> float:
    """Environment steps a second of all robots over the worker processes."""
    pool = Pool(_job(config.robot, config.robots), config.workers)
    try:
        pool.shared["level"][:] = LEVEL
        pool.ask("reset")
        rng = np.random.default_rng(0)
        for step in range(WARM_UP + config.steps):
            if step == WARM_UP:
                begun = time.perf_counter()
            pool.shared["action"][:] = NOISE * rng.standard_normal(pool.shared["action"].shape)
            pool.ask("step")
        return config.robots * config.steps / (time.perf_counter() - begun)
    finally:
        pool.close()


def shares(config: BenchmarkConfig) -> dict[str, float]:
    """Share of a step's time by part, in this process, with as many robots as one worker has."""
    count = config.robots // config.workers
    worker = Worker(_job(config.robot, count), list(range(count)), _shared(config.robot, count))
    worker.curriculum.level[:] = LEVEL
    worker.reset()
    batch, watch = worker.batch, Stopwatch()
    for name in BULLET_CALLS:
        watch.watch(world.pybullet, name, "Bullet")
    watch.watch(batch.actuators, "torque", "actuators")
    watch.watch(batch.controller, "act", "controller: act")
    watch.watch(batch.controller, "observe", "controller: observe")
    watch.watch(batch.sensing, "measure", "sensors and randomisation")
    watch.watch(batch, "_judge", "reward and ends")
    watch.watch(worker, "begin", "resets (all of it)")
    rng = np.random.default_rng(0)
    begun = time.perf_counter()
    for _ in range(config.steps):
        worker.shared["action"][:] = NOISE * rng.standard_normal(worker.shared["action"].shape)
        worker.step()
    total = time.perf_counter() - begun
    batch.close()
    return {label: seconds / total for label, seconds in watch.seconds.items()}


def ant(steps: int) -> float | None:
    """Steps a second of Gymnasium's Ant-v5 in one process; None if MuJoCo is not installed."""
    import gymnasium

    try:
        env = gymnasium.make("Ant-v5")
    except (ImportError, gymnasium.error.DependencyNotInstalled):
        return None
    env.reset(seed=0)
    env.action_space.seed(0)
    begun = time.perf_counter()
    for _ in range(steps):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()
    return steps / (time.perf_counter() - begun)


def ants(processes: int, steps: int) -> float | None:
    """Steps a second of Ant-v5 in several processes together."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        speeds = list(pool.map(ant, [steps] * processes))
    return None if None in speeds else sum(filter(None, speeds))


def _job(robot: str, robots: int) -> Job:
    return Job(robot, robots, 0, "full", CurriculumConfig())


def _shared(robot: str, count: int) -> Shared:
    from envs.climb import PRIVILEGED_SIZE
    from envs.kinds import kind

    controller = kind(ROBOTS[robot]).controller(ROBOTS[robot])
    return Shared(count, controller.actions, controller.observations, PRIVILEGED_SIZE)


def main() -> None:
    """Command line."""
    import torch

    torch.set_num_threads(1)
    config = tyro.cli(BenchmarkConfig, description=__doc__)
    table = Table("part", "figure", title=f"{config.robot}, {config.robots} robots, {config.workers} workers")
    table.add_row("environment steps/s, all workers, no learning", f"{throughput(config):,.0f}")
    with quiet():
        parts = shares(config)
    for label, share in parts.items():
        table.add_row(f"of one worker's step: {label}", f"{100 * share:.0f}%")
    speed = ants(config.workers, 10 * config.steps)
    table.add_row("Gymnasium Ant-v5 steps/s, as many processes", "MuJoCo is missing: pip install 'gymnasium[mujoco]'" if speed is None else f"{speed:,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
