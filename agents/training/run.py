"""A training run: PPO over the workers, with logs, checkpoints and exact figures of how it stands.

A run that is stopped anywhere and resumed gives the weights, bit for bit, of one that never was.
Every `save_iterations` iterations the state between two iterations is saved and all robots start
their next episode, which the seed, the robot and the episode's number determine; the generators of
an iteration are seeded by the run's seed and the iteration's number. So no episode in flight and no
generator has to be saved.
"""

import signal
import time
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger, make_output_format
from stable_baselines3.common.utils import set_random_seed

from agents import checkpoint
from agents.cluster.connection import connect
from agents.learning import ppo
from agents.learning.vec_env import ClimbVecEnv
from agents.learning.vec_robots import VecRobots
from agents.training import record
from agents.training.config import TrainConfig
from agents.training.progress import Progress
from envs.settings import plain
from envs.workers.worker import Job, WorkerError


class Run(BaseCallback):
    """What happens around stable-baselines3's loop.

    Args:
        config: the run's configuration.
        env: its robots.
        state: of the checkpoint that it goes on from; {}: from none.
    """

    def __init__(self, config: TrainConfig, env: VecRobots, state: dict[str, Any]) -> None:
        super().__init__()
        self.config = config
        self.env = env
        self.rate = float(state.get("rate", config.ppo.rate))
        self.iteration = abs(int(state.get("iteration", 0)))
        self._begun_at = self.iteration
        self.interrupted = False
        self._begun = time.monotonic() - 60 * float(state.get("minutes", 0.0))
        self._ended: list[dict[str, Any]] = []
        self._recent: dict[tuple[str, int], deque[bool]] = defaultdict(lambda: deque(maxlen=100))
        for (direction, riser), results in state.get("recent", {}).items():
            self._recent[str(direction), int(riser)].extend(map(bool, results))
        self._progress = Progress(config.steps)

    @property
    def minutes(self) -> float:
        """Since the run began, pauses between processes not counted."""
        return (time.monotonic() - self._begun) / 60

    def _on_rollout_start(self) -> None:
        # Between two iterations, and not where this process came in: there everything is as it was
        # saved.
        if self.iteration > self._begun_at:
            self._adapt()
            if self.iteration % self.config.save_iterations == 0:
                self.save()
                # As at the beginning of `learn`: a resumed run has no other robots than these.
                self.env.reset()
        # Sampling and shuffling depend on the seed and the iteration alone, so that a resumed run
        # draws what it would have drawn.
        set_random_seed(
            int(np.random.SeedSequence([self.config.seed, self.iteration]).generate_state(1)[0])
        )
        # A second thread fights the workers, and stalls for long where anything else wants a core.
        torch.set_num_threads(1)

    def _adapt(self) -> None:
        """Set the learning rate by how far the last update moved the policy."""
        self.rate = ppo.next_rate(
            self.rate,
            float(self.logger.name_to_value["train/approx_kl"]),
            self.config.ppo.target_kl,
        )
        ppo.set_rate(self.model, self.rate)  # type: ignore[arg-type]

    def _on_step(self) -> bool:
        for info in self.locals["infos"]:
            if "summary" in info:
                self._ended.append(info["summary"])
        return not self.interrupted

    def interrupt(self, *_: object) -> None:
        """Ctrl-C: stop after this control step, when no worker is in the middle of one. A second
        Ctrl-C stops at once.
        """
        self.interrupted = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def _on_rollout_end(self) -> None:
        self.iteration += 1
        levels = self.env.get_state()["level"]
        curriculum = self.config.curriculum
        risers = curriculum.lowest + curriculum.step * levels.mean(0)
        self.logger.record("curriculum/riser_up", float(risers[0]))
        self.logger.record("curriculum/riser_down", float(risers[1]))
        self.logger.record("time/minutes", self.minutes)
        if self._ended:
            self._record_episodes()
        self._progress.update(self.num_timesteps, self.minutes, risers.tolist(), self._recent)

    def _record_episodes(self) -> None:
        for summary in self._ended:
            self._recent[str(summary["direction"]), round(100 * float(summary["riser"]))].append(
                bool(summary["is_success"])
            )
        for key in self._ended[0]:
            if key.startswith("reward/"):
                self.logger.record(
                    key, float(np.mean([s[key] / s["seconds"] for s in self._ended]))
                )
        for end in ("landing", "fall", "off_side", "timeout"):
            self.logger.record(
                f"ends/{end}", float(np.mean([s["end"] == end for s in self._ended]))
            )
        for (direction, riser), results in self._recent.items():
            self.logger.record(f"success_{direction}/{riser:02d}cm", float(np.mean(results)))
        self._ended = []

    def save(self) -> None:
        """Write a checkpoint of the state between two iterations."""
        model: Any = self.model
        state = {
            "config": plain(self.config),
            "steps": self.num_timesteps,
            "iteration": self.iteration,
            "minutes": self.minutes,
            "rate": self.rate,
            "policy": model.policy.state_dict(),
            "optimizer": model.policy.optimizer.state_dict(),
            "robots": {
                name: torch.from_numpy(array) for name, array in self.env.get_state().items()
            },
            "recent": {key: list(results) for key, results in self._recent.items()},
            "episodes": list(model.ep_info_buffer),
            "updates": model._n_updates,
        }
        checkpoint.save(self.config.run, self.num_timesteps, state)

    def finish(self) -> None:
        """The last checkpoint, from which a longer run can go on."""
        self._adapt()
        self.save()

    def close(self) -> None:
        """End the progress bar."""
        self._progress.close()


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
    """Curves for TensorBoard, and as a table; a resumed run's is beside the earlier ones."""
    suffix = f"-{steps}" if steps else ""
    return Logger(
        str(folder),
        [make_output_format(kind, str(folder), suffix) for kind in ("tensorboard", "csv")],
    )


def taken_over(config: TrainConfig, env: VecRobots, state: dict[str, Any]) -> tuple[PPO, Run]:
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


def _take_over(state: dict[str, Any], env: VecRobots, model: PPO, levels: int) -> None:
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


def _networks(path: Path) -> dict[str, Any]:
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


def _begin_with(networks: dict[str, Any], model: PPO) -> None:
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
