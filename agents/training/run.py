"""A training run from its beginning, or from its newest checkpoint, to its end."""

import signal
from collections import deque
from pathlib import Path

import torch
from stable_baselines3 import PPO
from stable_baselines3.common.logger import Logger, make_output_format

from agents import checkpoint
from agents.cluster.connection import connect
from agents.learning import ppo
from agents.learning.vec_env import ClimbVecEnv
from agents.learning.vec_robots import VecRobots
from agents.training import record
from agents.training.config import TrainConfig
from agents.training.loop import Run
from envs.workers.worker import Job, WorkerError


def train(config: TrainConfig) -> Path:
    """Train as `config` says, from the newest valid checkpoint if it asks to resume. Returns the
    run's folder.

    Raises:
        KeyboardInterrupt: Ctrl-C; the run goes on from its last checkpoint. Only the main thread
            hears it, so call this there.
        CheckpointError: a checkpoint cannot be written, or does not fit this version.
        WorkerError: worker processes died too often; the run can be resumed.
        NotFiniteError: an action or a gradient is not finite; the run can be resumed.
    """
    # LAPACK, which makes the first weights, rounds differently on another number of threads; and a
    # second thread fights the workers, and stalls for long where anything else wants a core.
    torch.set_num_threads(1)
    found = checkpoint.newest(config.run) if config.resume else None
    state = found[1] if found else {}
    start = _networks(config.start) if config.start and not state else None
    job = Job(
        spec=config.spec,
        robots=config.robots,
        seed=config.seed,
        randomize=config.randomize,
        curriculum=config.curriculum,
        blind=config.blind,
        faults=config.run / "faults",
    )
    env = _robots(config, job)
    try:
        if state:
            model, run = taken_over(config, env, state)
        else:
            model = ppo.build(config.ppo, env, config.seed)
            run = Run(config, env, {})
        if start is not None:
            _begin_with(start, model)
        record.write(config, model.num_timesteps)
        model.set_logger(_logger(config.run / "tensorboard", model.num_timesteps))
        _learn(config, model, run)
    finally:
        env.close()
    return config.run


def _robots(config: TrainConfig, job: Job) -> VecRobots:
    """The robots of the run, on this machine or on a cluster."""
    if config.ray is None:
        return ClimbVecEnv(job, config.workers)
    if problem := connect(config.ray, config.workers):
        raise WorkerError(problem)
    from agents.cluster.whole_rollouts import ClusterVecEnv

    return ClusterVecEnv(job, config.shard, config.ppo)


def _logger(folder: Path, steps: int) -> Logger:
    """Logger of curves for TensorBoard and as a table, beside those of earlier parts of the run."""
    suffix = f"-{steps}" if steps else ""
    return Logger(
        str(folder),
        [make_output_format(kind, str(folder), suffix) for kind in ("tensorboard", "csv")],
    )


def taken_over(config: TrainConfig, env: VecRobots, state: checkpoint.Saved) -> tuple[PPO, Run]:
    """A model and what is around its loop, as they were when the checkpoint's `state` was written.

    Raises:
        CheckpointError: the state is of another version, or not of a run at all.
    """
    model = ppo.build(config.ppo, env, config.seed)
    try:
        _take_over(state=state, env=env, model=model, levels=config.curriculum.levels)
        return model, Run(config, env, state)
    except (
        AttributeError,
        LookupError,
        OverflowError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise checkpoint.CheckpointError(
            f"the run's checkpoint does not fit this version's observations or network ({what}); "
            "begin a new run"
        ) from error


def _take_over(state: checkpoint.Saved, env: VecRobots, model: PPO, levels: int) -> None:
    model.policy.load_state_dict(state["policy"])
    checkpoint.restore(model.policy.optimizer, state["optimizer"])
    robots = {name: tensor.numpy() for name, tensor in state["robots"].items()}
    for name, now in env.get_state().items():
        if (
            robots[name].dtype != now.dtype
            or robots[name].shape != now.shape
            or (robots[name] < 0).any()
        ):
            raise ValueError(f"robots' {name} is none")
    if (robots["level"] >= levels).any():
        raise ValueError(f"a robot is beyond level {levels - 1}, the last")
    env.set_state(robots)
    model.num_timesteps = int(state["steps"])
    model._n_updates = int(state.get("updates", 0))
    # stable-baselines3 makes both of these buffers, or none.
    episodes = [
        {"r": float(episode["r"]), "l": int(episode["l"]), "t": float(episode["t"])}
        for episode in map(checkpoint.mapping, state.get("episodes", ()))
    ]
    model.ep_info_buffer = deque(episodes, maxlen=100)
    model.ep_success_buffer = deque(maxlen=100)
    ppo.set_rate(model, float(state["rate"]))


def _networks(path: Path) -> checkpoint.Saved:
    """The networks of the run or checkpoint at `path`."""
    found = checkpoint.newest(path) if path.is_dir() else (path, checkpoint.load(path))
    if found is None:
        raise checkpoint.CheckpointError(f"there is no valid checkpoint in {path} to start from")
    if "policy" not in found[1]:
        raise checkpoint.CheckpointError(
            f"{found[0]} is not a run's checkpoint: it has no critic; name one, or begin without "
            "--start"
        )
    return found[1]["policy"]


def _begin_with(networks: checkpoint.Saved, model: PPO) -> None:
    try:
        model.policy.load_state_dict(networks)
    except (AttributeError, RuntimeError, TypeError) as error:
        raise checkpoint.CheckpointError(
            f"the networks to start from do not fit this version's observations ({error}); begin "
            "without --start"
        ) from error


def _learn(config: TrainConfig, model: PPO, run: Run) -> None:
    handler = signal.signal(signal.SIGINT, run.interrupt)
    try:
        left = config.steps - model.num_timesteps
        if left > 0:
            model.learn(left, callback=run, reset_num_timesteps=False, log_interval=1)
        if left > 0 and not run.interrupted:
            run.finish()
    finally:
        signal.signal(signal.SIGINT, handler)
        model.logger.close()
        run.close()
    if run.interrupted:
        raise KeyboardInterrupt
