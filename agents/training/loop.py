"""Logs and checkpoints of a training run, around stable-baselines3's loop.

A run that is stopped anywhere and resumed gives the weights, bit for bit, of one that never was.
Every `save_iterations` iterations the state between two iterations is saved and all robots start
their next episode, which the seed, the robot and the episode's number determine; the generators of
an iteration are seeded by the run's seed and the iteration's number. So no episode in flight and no
generator has to be saved.
"""

import signal
import time
from collections import defaultdict, deque
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.utils import set_random_seed

from agents import checkpoint
from agents.learning import ppo
from agents.learning.vec_robots import VecRobots
from agents.training.config import TrainConfig
from agents.training.progress import Progress
from envs.settings import plain
from envs.task.episodes import Summary


class Run(BaseCallback):
    """Callback that logs and saves a run.

    Args:
        config: configuration of the run.
        env: robots of the run.
        state: state of the checkpoint that the run goes on from; empty if it begins.
    """

    def __init__(self, config: TrainConfig, env: VecRobots, state: checkpoint.Saved) -> None:
        super().__init__()
        self.config = config
        self.env = env
        self.rate = float(state.get("rate", config.ppo.rate))
        self.iteration = abs(int(state.get("iteration", 0)))
        self._begun_at = self.iteration
        self.interrupted = False
        self._begun = time.monotonic() - 60 * float(state.get("minutes", 0.0))
        self._ended: list[Summary] = []
        self._recent: dict[tuple[str, int], deque[bool]] = defaultdict(lambda: deque(maxlen=100))
        for (direction, riser), results in state.get("recent", {}).items():
            self._recent[str(direction), int(riser)].extend(map(bool, results))
        self._progress = Progress(config.steps)

    @property
    def minutes(self) -> float:
        """Time since the run began, without pauses between processes [min]."""
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

    def _adapt(self) -> None:
        """Set the learning rate from the divergence of the last update."""
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
                    key, float(np.mean([float(s[key]) / float(s["seconds"]) for s in self._ended]))
                )
        for end in ("arrived", "fall", "off_side", "timeout"):
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
        """Write the last checkpoint, from which a longer run can go on."""
        self._adapt()
        self.save()

    def close(self) -> None:
        """End the progress bar."""
        self._progress.close()
