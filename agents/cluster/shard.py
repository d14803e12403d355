"""A share of a run's robots, which a worker of a cluster steps through whole rollouts.

What it collects depends on its robots, the weights and the seed alone, bit for bit: it is never
split, so that even the networks see batches of one size.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.buffers import DictRolloutBuffer
from stable_baselines3.common.utils import set_random_seed

from agents.learning import ppo
from agents.learning.collecting import collect
from agents.learning.ppo import PPOConfig
from agents.learning.vec_env import ClimbVecEnv
from envs.workers.worker import Job

State = dict[str, NDArray[Any]]
"""Curriculum levels and episode numbers, as `ClimbVecEnv.get_state` gives them."""

ARRAYS = ("actions", "rewards", "episode_starts", "values", "log_probs", "advantages", "returns")
"""Arrays of stable-baselines3's rollout buffer, (T, E) or (T, E, A); beside them it has those of
the observations.
"""


@dataclass(frozen=True)
class Rollout:
    """T control steps of E robots."""

    arrays: dict[str, NDArray[np.float32]]
    """Arrays of the buffer, by their names in `ARRAYS`."""
    observations: dict[str, NDArray[np.float32]]
    """Observations by name, (T, E, N)."""
    ended: list[list[dict[str, Any]]]
    """Infos of the episodes that ended in each of the T steps, as in `ClimbVecEnv`."""
    state: State
    """Curriculum levels and episode numbers after the rollout."""

    def put(self, buffer: DictRolloutBuffer, rows: slice) -> None:
        """Copy it to where `buffer` has the robots `rows`."""
        for name, array in self.arrays.items():
            getattr(buffer, name)[:, rows] = array
        for name, array in self.observations.items():
            buffer.observations[name][:, rows] = array


class Shard:
    """Some of a run's robots, in a worker process of this machine, and the networks that drive
    them.

    Args:
        job: of these robots alone.
        config: of the run.
    """

    def __init__(self, job: Job, config: PPOConfig) -> None:
        self.env = ClimbVecEnv(job, workers=0)
        self.model = ppo.build(
            replace(config, minibatch=config.rollout * job.robots), self.env, job.seed
        )

    def begin(self, state: State) -> None:
        """Start the next episode of every robot from `state`."""
        self.env.set_state(state)
        self.env.reset()

    def collect(self, weights: dict[str, Any], seed: int) -> Rollout:
        """The next rollout of the policy with these weights, its actions drawn by `seed`.

        Raises:
            NotFiniteError: an action is not finite.
            WorkerError: the worker process died too often.
        """
        self.model.policy.load_state_dict(weights)
        set_random_seed(seed)
        buffer: Any = self.model.rollout_buffer
        steps = collect(self.model, self.env)
        assert steps is not None  # Nobody asked it to stop.
        arrays = {name: getattr(buffer, name) for name in ARRAYS}
        ended = [
            [
                {name: info[name] for name in ("episode", "summary")}
                for info in step
                if "summary" in info
            ]
            for step in steps
        ]
        return Rollout(
            arrays=arrays, observations=buffer.observations, ended=ended, state=self.env.get_state()
        )

    def close(self) -> None:
        """End the worker process."""
        self.env.close()
