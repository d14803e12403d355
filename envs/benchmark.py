"""What a control step costs, part by part: python -m envs.benchmark.

The same with the learner and stable-baselines3 beside it: python -m agents.training.benchmark.
Figures of one run are comparable. Figures of two machines are not, nor are those of a machine that
is busy with something else.
"""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import tyro
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from envs.physics import world
from envs.physics.quiet import quiet
from envs.robots import find
from envs.task import rewards
from envs.task.curriculum import CurriculumConfig
from envs.workers.pool import Pool
from envs.workers.worker import Job, Worker

WARM_UP = 30
"""Control steps before the measurement begins."""
LEVEL = 4
"""Curriculum level of all robots: risers of 11 cm."""
NOISE = 0.12
"""Standard deviation of the random actions: that of exploration in training."""
BULLET = "physics: Bullet's stepSimulation"
CONTROLLER = ("controller", "observation: the controller's part")
BULLET_CALLS = "physics: torques to Bullet and states from it"
MOTORS = "physics: motors"
REWARDS = "reward and ends"
RESETS = "resets: the rest"
BULLET_RESETS = "resets: Bullet's calls"
STEP_CALLS = (
    "getJointStates",
    "setJointMotorControlArray",
    "getBasePositionAndOrientation",
    "getBaseVelocity",
    "applyExternalTorque",
)
"""Functions of PyBullet that a control step calls."""
RESET_CALLS = (
    "resetBasePositionAndOrientation",
    "resetBaseVelocity",
    "resetJointStatesMultiDof",
    "performCollisionDetection",
    "changeDynamics",
)
"""Functions of PyBullet that a reset calls."""


@dataclass(frozen=True)
class BenchmarkConfig:
    """Measure environment steps a second under full randomisation."""

    robot: str = "go2"
    """Name of the robot."""
    robots: int = 256
    """Number of robots, over all workers. With few robots, costs per batch weigh more."""
    workers: int = 2
    """Number of worker processes."""
    steps: int = 400
    """Number of control steps to measure."""


class Stopwatch:
    """Time spent in functions [s], by label.

    A call inside another one counts for both labels.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def watch(self, owner: object, name: str, label: str) -> None:
        """Replace `owner.name` by a version that is timed under `label`."""
        inner: Callable[..., object] = getattr(owner, name)
        self.seconds.setdefault(label, 0.0)

        def timed(*args: object, **kwargs: object) -> object:
            begun = time.perf_counter()
            try:
                return inner(*args, **kwargs)
            finally:
                self.seconds[label] += time.perf_counter() - begun

        setattr(owner, name, timed)


@dataclass(frozen=True)
class Figures:
    """The measured costs and speeds."""

    speed: float
    """Environment steps per second of all robots over the worker processes, without learning."""
    bullet: float
    """Environment steps per second if Bullet's stepSimulation were the only cost.

    The robots, their motion and their flights are the same.
    """
    parts: dict[str, float]
    """Time that a worker spends on one step of one robot [us], by part."""

    def share(self, without: tuple[str, ...] = ()) -> float:
        """Share of Bullet's calls in a worker's time per step, the parts `without` left out."""
        bullet = sum(self.parts[label] for label in (BULLET, BULLET_CALLS, BULLET_RESETS))
        return bullet / sum(cost for label, cost in self.parts.items() if label not in without)


def measure(config: BenchmarkConfig) -> Figures:
    """Measure the robots that `config` describes."""
    pool = Pool(job(config), config.workers)
    try:
        speed, transport = _throughput(pool, config.steps)
        with quiet():
            parts = _parts(config, pool)
    finally:
        pool.close()
    return Figures(
        speed,
        1e6 * config.workers / parts[BULLET],
        parts | {"transport: requests and shared memory": transport},
    )


def job(config: BenchmarkConfig) -> Job:
    """The job of the robots that `config` describes, as in training."""
    return Job(
        spec=find(config.robot),
        robots=config.robots,
        seed=0,
        randomize="full",
        curriculum=CurriculumConfig(),
    )


def _throughput(pool: Pool, steps: int) -> tuple[float, float]:
    """Environment steps per second, and the cost of transport to the workers and back.

    The second number is the time per step of one robot [us].
    """
    pool.shared["level"][:] = LEVEL
    pool.ask("reset")
    rng = np.random.default_rng(0)
    robots = pool.job.robots
    seconds = {}
    for request in ("step", "idle"):
        for step in range(WARM_UP + steps):
            if step == WARM_UP:
                begun = time.perf_counter()
            pool.shared["action"][:] = NOISE * rng.standard_normal(pool.shared["action"].shape)
            pool.ask(request)
            for name in ("policy", "privileged", "reward"):
                pool.shared[name].copy()
        seconds[request] = (time.perf_counter() - begun) / (robots * steps)
    return 1 / seconds["step"], 1e6 * seconds["idle"]


def _parts(config: BenchmarkConfig, pool: Pool) -> dict[str, float]:
    """Time of one robot's step [us], by part.

    Measured in this process, with as many robots as one worker has.
    """
    rows = pool.processes[0].rows
    worker = Worker(pool.job, rows, pool.shared)
    worker.reset()
    batch = worker.batch
    physics = batch.physics
    watch = Stopwatch()
    if physics.stepper:
        watch.watch(physics.stepper, "advance", BULLET_CALLS)
    else:
        watch.watch(world.pybullet, "stepSimulation", BULLET)
        for name in STEP_CALLS:
            watch.watch(world.pybullet, name, BULLET_CALLS)
        watch.watch(physics.actuators, "torque", MOTORS)
    watch.watch(batch.controllers.controller, "act", CONTROLLER[0])
    watch.watch(batch.sensing, "measure", "observation: sensors and randomisation")
    watch.watch(batch.controllers.controller, "observe", CONTROLLER[1])
    watch.watch(rewards, "evaluate", REWARDS)
    watch.watch(batch, "_ends", REWARDS)
    watch.watch(worker, "begin", RESETS)
    for name in RESET_CALLS:
        watch.watch(world.pybullet, name, BULLET_RESETS)
    rng = np.random.default_rng(0)
    before = physics.stepper.seconds if physics.stepper else np.zeros(2)
    begun = time.perf_counter()
    for _ in range(config.steps):
        worker.shared["action"][:] = NOISE * rng.standard_normal(worker.shared["action"].shape)
        worker.step()
    total = time.perf_counter() - begun
    if physics.stepper:
        # The stepper does all three in one call.
        stepping, driving = (physics.stepper.seconds - before).tolist()
        watch.seconds = {BULLET: stepping, MOTORS: driving} | watch.seconds
        watch.seconds[BULLET_CALLS] -= stepping + driving
    watch.seconds[RESETS] -= watch.seconds[BULLET_RESETS]
    batch.close()
    # The observation of a reset is counted twice, at the expense of what is left over: a percent.
    watch.seconds["everything else"] = total - sum(watch.seconds.values())
    return {
        label: 1e6 * seconds / (len(rows) * config.steps)
        for label, seconds in watch.seconds.items()
    }


def ant(steps: int) -> float:
    """Steps per second of Gymnasium's Ant-v5 in one process.

    Raises:
        ImportError: a package that Ant-v5 needs is not installed.
    """
    import gymnasium

    env = gymnasium.make("Ant-v5")
    env.reset(seed=0)
    env.action_space.seed(0)
    begun = time.perf_counter()
    for _ in range(steps):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()
    return steps / (time.perf_counter() - begun)


def ants(processes: int, steps: int) -> float | str:
    """Steps per second of Ant-v5 in several processes together, or why it was not measured."""
    import gymnasium

    try:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            return sum(pool.map(ant, [steps] * processes))
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        return f"not measured: {error}; pip install 'gymnasium[mujoco]'"


def table(
    config: BenchmarkConfig, costs: dict[str, float], speeds: dict[str, float | str]
) -> Table:
    """A table of costs [us] and speeds [steps/s]; a speed may be the reason why it is missing."""
    made = Table(
        "",
        "us a robot's step",
        "steps/s",
        title=f"{config.robot}, {config.robots} robots, {config.workers} workers",
    )
    for label, cost in costs.items():
        made.add_row(escape(label), f"{cost:.1f}", "")
    made.add_section()
    for label, speed in speeds.items():
        made.add_row(
            escape(label), "", escape(speed) if isinstance(speed, str) else f"{speed:,.0f}"
        )
    return made


def speeds(config: BenchmarkConfig, figures: Figures) -> dict[str, float | str]:
    """The measured speeds and shares, by label, with Ant-v5 for comparison."""
    shares = f"{figures.share():.0%}; {figures.share(CONTROLLER):.0%}"
    bare = f"bare Bullet: stepSimulation alone, same robots and flights, {config.workers} processes"
    return {
        "Bullet's share of a worker's time; of that without the controller": shares,
        "our step, no learning": figures.speed,
        bare: figures.bullet,
        f"Gymnasium's Ant-v5, {config.workers} processes": ants(config.workers, 10 * config.steps),
    }


def main() -> None:
    """Run the benchmark from the command line."""
    import torch

    torch.set_num_threads(1)
    config = tyro.cli(BenchmarkConfig, description=__doc__)
    figures = measure(config)
    Console().print(table(config, figures.parts, speeds(config, figures)))


if __name__ == "__main__":
    main()
