"""A training run: PPO over the workers, with logs, checkpoints and exact figures of how it stands."""

import json
import signal
import time
from collections import defaultdict, deque
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger, make_output_format
from stable_baselines3.common.utils import set_random_seed

from agents import checkpoint, ppo
from agents.config import TrainConfig
from agents.progress import Progress
from agents.vec_env import ClimbVecEnv
from agents.versions import versions
from envs.workers import Job


class Run(BaseCallback):
    """What happens around stable-baselines3's loop.

    Args:
        config: the run's configuration.
        env: its robots.
        minutes: how long the run has gone before this process.
    """

    def __init__(self, config: TrainConfig, env: ClimbVecEnv, minutes: float = 0.0) -> None:
        super().__init__()
        self.config, self.env = config, env
        self.rate = config.ppo.rate
        self.iteration = 0
        self.interrupted = False
        self._begun = time.monotonic() - 60 * minutes
        self._saved = time.monotonic()
        self._ended: list[dict[str, Any]] = []
        self._recent: dict[tuple[str, int], deque[bool]] = defaultdict(lambda: deque(maxlen=100))
        self._progress = Progress(config.steps)

    @property
    def minutes(self) -> float:
        """Since the run began, pauses between processes not counted."""
        return (time.monotonic() - self._begun) / 60

    def _on_rollout_start(self) -> None:
        if self.iteration > 0 and self.logger.name_to_value.get("train/approx_kl") is not None:
            self.rate = ppo.next_rate(self.rate, float(self.logger.name_to_value["train/approx_kl"]), self.config.ppo.target_kl)
            ppo.set_rate(self.model, self.rate)  # type: ignore[arg-type]
        if time.monotonic() - self._saved > 60 * self.config.save_minutes:
            self.save()
        # Sampling and shuffling depend on the seed and the iteration alone, so that a resumed run draws what it would have drawn.
        set_random_seed(int(np.random.SeedSequence([self.config.seed, self.iteration]).generate_state(1)[0]))
        # A second thread fights the workers, and stalls for long where anything else wants a core.
        torch.set_num_threads(1)

    def _on_step(self) -> bool:
        for info in self.locals["infos"]:
            if "summary" in info:
                self._ended.append(info["summary"])
        return not self.interrupted

    def interrupt(self, *_: object) -> None:
        """Ctrl-C: stop after this control step, when no worker is in the middle of one. A second Ctrl-C stops at once, without saving."""
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
            self._recent[str(summary["direction"]), round(100 * float(summary["riser"]))].append(bool(summary["is_success"]))
        for key in self._ended[0]:
            if key.startswith("reward/"):
                self.logger.record(key, float(np.mean([s[key] / s["seconds"] for s in self._ended])))
        for end in ("landing", "fall", "off_side", "timeout"):
            self.logger.record(f"ends/{end}", float(np.mean([s["end"] == end for s in self._ended])))
        for (direction, riser), results in self._recent.items():
            self.logger.record(f"success_{direction}/{riser:02d}cm", float(np.mean(results)))
        self._ended = []

    def save(self) -> None:
        """Write a checkpoint."""
        model: Any = self.model
        state = {
            "config": _plain(self.config),
            "steps": self.num_timesteps,
            "iteration": self.iteration,
            "minutes": self.minutes,
            "rate": self.rate,
            "policy": model.policy.state_dict(),
            "optimizer": model.policy.optimizer.state_dict(),
            "robots": {name: torch.from_numpy(array) for name, array in self.env.get_state().items()},
        }
        checkpoint.save(self.config.run, self.num_timesteps, state)
        self._saved = time.monotonic()

    def close(self) -> None:
        """End the progress bar."""
        self._progress.close()


def _plain(config: TrainConfig) -> dict[str, Any]:
    """The configuration as JSON has it: paths are strings."""
    return json.loads(json.dumps(asdict(config), default=str))


def train(config: TrainConfig) -> Path:
    """Train as `config` says, from the newest valid checkpoint if it asks to resume. Returns the run's folder.

    Raises:
        KeyboardInterrupt: Ctrl-C; the run is saved. Only the main thread hears it, so call this there.
        CheckpointError: a checkpoint cannot be written.
        WorkerError: a worker process died; the run can be resumed.
    """
    found = checkpoint.newest(config.run) if config.resume else None
    config.run.mkdir(parents=True, exist_ok=True)
    (config.run / "config.json").write_text(json.dumps(_plain(config), indent=2) + "\n")
    (config.run / "versions.json").write_text(json.dumps(versions(), indent=2) + "\n")
    env = ClimbVecEnv(Job(config.robot, config.robots, config.seed, config.randomize, config.curriculum, config.blind), config.workers)
    try:
        model = ppo.build(config.ppo, env, config.seed)
        model.set_logger(_logger(config.run / "tensorboard", found[1]["steps"] if found else 0))
        run = _prepare(config, env, model, found[1] if found else None)
        _learn(config, model, run)
    finally:
        env.close()
    return config.run


def _logger(folder: Path, steps: int) -> Logger:
    """Curves for TensorBoard, and as a table; a resumed run's is beside the earlier ones."""
    suffix = f"-{steps}" if steps else ""
    return Logger(str(folder), [make_output_format(kind, str(folder), suffix) for kind in ("tensorboard", "csv")])


def _prepare(config: TrainConfig, env: ClimbVecEnv, model: PPO, state: dict[str, Any] | None) -> Run:
    if state is None:
        return Run(config, env)
    model.policy.load_state_dict(state["policy"])
    model.policy.optimizer.load_state_dict(state["optimizer"])
    model.num_timesteps = state["steps"]
    env.set_state({name: tensor.numpy() for name, tensor in state["robots"].items()})
    ppo.set_rate(model, state["rate"])
    run = Run(config, env, state["minutes"])
    run.iteration, run.rate = state["iteration"], state["rate"]
    return run


def _learn(config: TrainConfig, model: PPO, run: Run) -> None:
    handler = signal.signal(signal.SIGINT, run.interrupt)
    try:
        left = config.steps - model.num_timesteps
        if left > 0:
            model.learn(left, callback=run, reset_num_timesteps=False, log_interval=1)
            run.save()
    finally:
        signal.signal(signal.SIGINT, handler)
        model.logger.close()
        run.close()
    if run.interrupted:
        raise KeyboardInterrupt
