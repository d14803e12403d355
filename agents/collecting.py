"""Rollouts of robots in worker processes of this machine: a worker gets its next actions as soon as it has answered, and none waits for another.

What is collected does not depend on which worker is faster: the noise of the actions is drawn before the first step, and the actor sees its observations in batches of one
size, in which every row rounds alike. The critic is asked once, when all steps are there.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from agents.learner import Learner

BATCH = 64
"""A multiple of the lanes of today's vector units, as in `agents.evaluation`."""


class StepByStep(Learner):
    """PPO over `ClimbVecEnv`."""

    def collect_rollouts(self, env: Any, callback: Any, rollout_buffer: Any, n_rollout_steps: int) -> bool:
        """Fill the buffer with a rollout of every robot. The callback is asked whether to go on all along, and hears of the steps when all are there."""
        callback.on_rollout_start()
        callback.update_locals({"infos": []})
        ended = collect(self, env, callback.on_step)
        return ended is not None and self.told(ended, callback)


def collect(model: Learner, env: Any, go_on: Callable[[], bool] = lambda: True) -> list[list[dict[str, Any]]] | None:
    """Fill the model's buffer with a rollout of every robot of `env`, a `ClimbVecEnv`.

    Returns:
        Of each step, the infos of the robots whose episodes ended with it, in the robots' order; None if `go_on` said no.
    """
    model.rollout_buffer.reset()
    collecting = Collecting(model, env)
    while collecting.busy:
        collecting.advance()
        if not go_on():
            collecting.stop()
            return None
    collecting.finish()
    model._last_obs, model._last_episode_starts = env.seen, collecting.starts
    return collecting.ended()


class Collecting:
    """A rollout under way. Robots of one worker are at one step, those of different workers need not be.

    Attributes:
        busy: the workers that have steps to do.
        starts: whether each robot's next step is the first of its episode, (E,).
    """

    def __init__(self, model: Learner, env: Any) -> None:
        self._policy: Any = model.policy
        self._buffer: Any = model.rollout_buffer
        self._env, self._gamma = env, model.gamma
        self._steps = model.n_steps
        self.starts = np.array(model._last_episode_starts, dtype=bool)
        with torch.no_grad():
            self._deviation = self._policy.log_std.exp().numpy()
        self._noise = torch.randn(self._buffer.actions.shape).numpy()
        self._step = np.zeros(env.num_envs, dtype=np.int64)
        self._infos: dict[tuple[int, int], dict[str, Any]] = {}
        self.busy = list(range(len(env.rows)))
        self._act(self.busy)

    def ended(self) -> list[list[dict[str, Any]]]:
        """What `collect` returns."""
        steps: list[list[dict[str, Any]]] = [[] for _ in range(self._steps)]
        for step, robot in sorted(self._infos):
            steps[step].append(self._infos[step, robot])
        return steps

    def advance(self) -> None:
        """Wait for the next workers to answer, keep what came of their actions, and send them the next ones."""
        answered = self._env.pool.answered(self.busy)
        for number in answered:
            self._take(number)
        self.busy = [number for number in self.busy if self._step[self._env.rows[number].start] < self._steps]
        self._act([number for number in answered if number in self.busy])

    def stop(self) -> None:
        """Wait until no worker is in the middle of a step."""
        for number in self.busy:
            self._env.outcome(number)

    def _act(self, numbers: list[int]) -> None:
        if not numbers:
            return
        robots = np.concatenate([np.arange(self._env.num_envs)[self._env.rows[number]] for number in numbers])
        seen, now = self._env.seen, (self._step[robots], robots)
        actions = self._means(seen["policy"][robots]) + self._deviation * self._noise[now]
        sent = np.zeros_like(self._buffer.actions[0])
        sent[robots] = np.clip(actions, -1.0, 1.0)
        self._env.act(sent, numbers)
        self._buffer.actions[now], self._buffer.episode_starts[now] = actions, self.starts[robots]
        for name, array in seen.items():
            self._buffer.observations[name][now] = array[robots]

    def _means(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        """The actor's means, (R, A), for observations (R, N)."""
        whole = np.zeros((-(-len(seen) // BATCH), BATCH, seen.shape[1]), np.float32)
        whole.reshape(-1, seen.shape[1])[: len(seen)] = seen
        towers, head = self._policy.mlp_extractor, self._policy.action_net
        with torch.inference_mode():
            means = [head(towers.forward_actor(batch)).numpy() for batch in torch.from_numpy(whole)]
        return np.concatenate(means)[: len(seen)]

    def _take(self, number: int) -> None:
        rows = self._env.rows[number]
        step = int(self._step[rows.start])
        outcome = self._env.outcome(number)
        self._buffer.rewards[step, rows], self.starts[rows] = outcome.reward, outcome.done
        for index in np.flatnonzero(outcome.done).tolist():
            self._infos[step, rows.start + index] = outcome.infos[index]
        self._step[rows] += 1

    def finish(self) -> None:
        """What the critic says, and the advantages."""
        buffer, cut = self._buffer, [key for key in sorted(self._infos) if self._infos[key]["TimeLimit.truncated"]]
        steps, robots = buffer.rewards.shape
        flat = {name: array.reshape(steps * robots, -1) for name, array in buffer.observations.items()}
        buffer.values[:] = self._values(flat).reshape(steps, robots)
        density = -0.5 * np.square(self._noise) - np.log(self._deviation) - 0.5 * np.log(2 * np.pi)
        buffer.log_probs[:] = density.sum(2)
        if cut:
            # An episode that was cut off would have gone on.
            last = {name: np.stack([self._infos[key]["terminal_observation"][name] for key in cut]) for name in flat}
            buffer.rewards[tuple(zip(*cut, strict=True))] += self._gamma * self._values(last)
        buffer.pos, buffer.full = buffer.buffer_size, True
        buffer.compute_returns_and_advantage(torch.from_numpy(self._values(self._env.seen)), self.starts)

    def _values(self, observations: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """The critic's values, (B,), of observations (B, ...)."""
        with torch.inference_mode():
            features = torch.cat([torch.from_numpy(observations[name]) for name in ("policy", "privileged")], 1)
            return self._policy.value_net(self._policy.mlp_extractor.forward_critic(features)).flatten().numpy()
