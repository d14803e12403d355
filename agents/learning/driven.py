"""Robots in a worker process of a training run, driven by the actor through whole rollouts.

What is collected does not depend on how the robots are split over processes: the noise of the
actions is drawn by the trainer, and the actor sees observations in batches of one size, in which
every row rounds alike.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from agents.networks import OBSERVATIONS, Actor
from envs.workers.worker import FinishedEpisode, Job, SharedArrays, Worker

Array = NDArray[np.float32]

BATCH = 64
"""Observations that the actor sees at once: a multiple of the lanes of today's vector units, as in
`agents.evaluation.episodes.trials`.
"""


class NotFiniteError(RuntimeError):
    """An action or a gradient is not finite; the weights are as they were. The message names the
    remedy.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the {what} is not finite; the weights are as they were. To see it again, continue "
            "with --resume: that comes to the same place, bit for bit. "
            "To get past it, lower --ppo.rate or --ppo.target-kl"
        )


class Over(NamedTuple):
    """An episode that ended with a control step."""

    step: int
    ended: FinishedEpisode
    last: dict[str, Array]
    """Last observation of the episode, by name."""


@dataclass
class Steps:
    """T control steps of R robots."""

    observations: dict[str, Array]
    """Observations before each step, (T, R, N), by name."""
    actions: Array
    """Actions as drawn, not limited to -1..1, (T, R, A)."""
    rewards: Array
    """Rewards, 0 where an episode was lost, (T, R)."""
    starts: NDArray[np.bool_]
    """Whether each step is the first of an episode, (T + 1, R)."""
    now: dict[str, Array]
    """Observations after the last step, (R, N)."""
    over: list[Over] = field(default_factory=list)


class Driven(Worker):
    """Robots that collect whole rollouts by themselves."""

    def __init__(self, job: Job, rows: list[int], shared: SharedArrays) -> None:
        super().__init__(job, rows, shared)
        self._actor = Actor(self.shared["policy"].shape[1], self.shared["action"].shape[1])
        self._starts = np.ones(len(rows), dtype=bool)

    def reset(self) -> None:
        """Start anew with all robots."""
        super().reset()
        self._starts[:] = True

    def collect(
        self, weights: dict[str, Any], deviation: Array, noise: Array
    ) -> Steps | NotFiniteError | None:
        """The next steps of all robots under the actor with these weights.

        Args:
            weights: weights of the `Actor`.
            deviation: standard deviation of the actions, (A,).
            noise: standard normal, (T, R, A).

        Returns:
            The steps; what is wrong with an action; or None if it was told to halt.
        """
        self._actor.load_state_dict(weights)
        kept = self._room(noise)
        for step, drawn in enumerate(noise):
            if self.shared["halt"].any():
                return None
            for name, array in kept.observations.items():
                array[step] = self.shared[name]
            kept.actions[step] = means(self._actor, self.shared["policy"]) + deviation * drawn
            if not np.isfinite(kept.actions[step]).all():
                return NotFiniteError("action")
            self.shared["action"][:] = np.clip(kept.actions[step], -1.0, 1.0)
            ended = self.step()
            kept.rewards[step] = self.shared["reward"]
            self._starts[:] = False
            for one in ended:
                self._end(kept, step, one)
            kept.starts[step + 1] = self._starts
        kept.now |= {name: self.shared[name].copy() for name in OBSERVATIONS}
        return kept

    def _room(self, noise: Array) -> Steps:
        steps, robots, _ = noise.shape
        starts = np.zeros((steps + 1, robots), dtype=bool)
        starts[0] = self._starts
        observations = {
            name: np.empty((steps, *self.shared[name].shape), np.float32) for name in OBSERVATIONS
        }
        return Steps(
            observations=observations,
            actions=np.empty_like(noise),
            rewards=np.empty((steps, robots), np.float32),
            starts=starts,
            now={},
        )

    def _end(self, kept: Steps, step: int, one: FinishedEpisode) -> None:
        row = one.robot - self.rows[0]
        self._starts[row] = True
        if one.summary is None:
            kept.rewards[step, row] = 0.0
            last = {name: array[step, row] for name, array in kept.observations.items()}
        else:
            last = {name: self.shared[f"last_{name}"][row].copy() for name in OBSERVATIONS}
        kept.over.append(Over(step, one, last))


def means(actor: Actor, seen: Array) -> Array:
    """Means of the actions, (R, A), for observations (R, N)."""
    whole = np.zeros((-(-len(seen) // BATCH), BATCH, seen.shape[1]), np.float32)
    whole.reshape(-1, seen.shape[1])[: len(seen)] = seen
    with torch.inference_mode():
        batches = [actor.head(actor.body(batch)).numpy() for batch in torch.from_numpy(whole)]
    return np.concatenate(batches)[: len(seen)]
