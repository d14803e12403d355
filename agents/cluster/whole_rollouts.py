"""Training robots on a Ray cluster, and the PPO that takes whole rollouts from them: a step of a
robot is too short to be sent over a network.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from agents.cluster.ray_robots import Cluster
from agents.cluster.shard import Rollout, State
from agents.learning.learner import Learner
from agents.learning.ppo import PPOConfig
from agents.learning.vec_robots import STATE, VecRobots
from envs.families import family
from envs.workers.worker import Job


class WholeRollouts(Learner):
    """PPO over `ClusterVecEnv`."""

    def collect_rollouts(
        self, env: Any, callback: Any, rollout_buffer: Any, n_rollout_steps: int
    ) -> bool:
        """Fill the buffer with a rollout of every robot. The callback hears of the steps when all
        are there.
        """
        rollout_buffer.reset()
        callback.on_rollout_start()
        # From the generator that the callback has just seeded: the same in a resumed run.
        seeds = torch.randint(2**31, (len(env.shards),)).tolist()
        rollouts: dict[int, Rollout] = {}
        callback.update_locals({"infos": []})
        for arrived in env.collect(self.policy.state_dict(), seeds):
            if arrived is not None:
                rollouts[arrived[0]] = arrived[1]
            if not callback.on_step():
                return False
        for shard, rows in enumerate(env.shards):
            rollouts[shard].put(rollout_buffer, rows)
        rollout_buffer.pos = rollout_buffer.buffer_size
        rollout_buffer.full = True
        # In the order in which the episodes ended, as if all robots had been stepped together.
        steps = zip(*(rollouts[shard].ended for shard in range(len(env.shards))), strict=True)
        return self.told([[info for ended in step for info in ended] for step in steps], callback)


class ClusterVecEnv(VecRobots):
    """Training robots on a Ray cluster. They are not stepped, and what they observe stays with them
    until a rollout is over.

    Args:
        job: what to simulate.
        shard: robots that are collected together.
        config: of the run.

    Attributes:
        shards: which robots belong to each shard; the robots are split evenly.
    """

    algorithm = WholeRollouts

    def __init__(self, job: Job, shard: int, config: PPOConfig) -> None:
        controller = family(job.spec).controller(job.spec)
        super().__init__(job.robots, controller.observations, controller.actions)
        rows = np.array_split(np.arange(job.robots), -(-job.robots // shard))
        self.shards = [slice(int(share[0]), int(share[-1]) + 1) for share in rows]
        # Workers run in a folder of their own.
        job = replace(job, faults=job.faults and job.faults.resolve())
        self.cluster = Cluster(
            [
                replace(job, robots=share.stop - share.start, first=share.start)
                for share in self.shards
            ],
            config,
        )
        self._state: State = {
            "level": np.zeros((job.robots, 2), np.int64),
            "episode": np.zeros(job.robots, np.int64),
        }

    def reset(self) -> dict[str, np.ndarray]:
        """Let every robot start its next episode with the next rollout. There is nothing to see
        before.
        """
        self.cluster.reset()
        return {}

    def collect(
        self, weights: dict[str, Any], seeds: list[int]
    ) -> Iterator[tuple[int, Rollout] | None]:
        """The number and the next rollout of every shard, in the order of their arrival; None when
        it is worth looking up.
        """
        states = [{name: self._state[name][rows].copy() for name in STATE} for rows in self.shards]
        for arrived in self.cluster.collect(weights, seeds, states):
            if arrived is not None:
                shard, rollout = arrived
                for name in STATE:
                    self._state[name][self.shards[shard]] = rollout.state[name]
            yield arrived

    def get_state(self) -> State:
        """Curriculum levels (E, 2) and episode numbers (E,) of all robots."""
        return {name: array.copy() for name, array in self._state.items()}

    def set_state(self, state: State) -> None:
        """Take over what `get_state` gave; takes effect with the next `reset`."""
        for name in STATE:
            self._state[name][:] = state[name]

    def step_async(self, actions: np.ndarray) -> None:
        """Not over a network."""
        raise NotImplementedError("robots on a cluster take whole rollouts; use `collect`")

    def step_wait(self) -> Any:
        """Not over a network."""
        raise NotImplementedError("robots on a cluster take whole rollouts; use `collect`")

    def close(self) -> None:
        """End the workers."""
        self.cluster.close()
