"""Rollouts from worker processes of this machine: each collects whole ones of its robots, and the
critic is asked once, when all steps are there.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from agents.learning.driven import Over, Steps
from agents.learning.learner import Learner
from agents.networks import OBSERVATIONS, actor_weights


class LocalRollouts(Learner):
    """PPO over `ClimbVecEnv`."""

    def collect_rollouts(
        self, env: Any, callback: Any, rollout_buffer: Any, n_rollout_steps: int
    ) -> bool:
        """Fill the buffer with a rollout of every robot. The callback is asked whether to go on all
        along, and hears of the steps when all are there.
        """
        callback.on_rollout_start()
        callback.update_locals({"infos": []})
        ended = collect(self, env, callback.on_step)
        return ended is not None and self.told(ended, callback)


def collect(
    model: Learner, env: Any, go_on: Callable[[], bool] = lambda: True
) -> list[list[dict[str, Any]]] | None:
    """Fill the model's buffer with a rollout of every robot of `env`, a `ClimbVecEnv`.

    Returns:
        Of each step, the infos of the robots whose episodes ended with it, in the robots' order;
        None if `go_on` said no.

    Raises:
        NotFiniteError: an action is not finite.
        WorkerError: a worker process died too often.
    """
    policy: Any = model.policy
    buffer: Any = model.rollout_buffer
    buffer.reset()
    noise = torch.randn(buffer.actions.shape).numpy()
    deviation = policy.log_std.detach().exp().numpy()
    parts = env.collect(actor_weights(policy.state_dict()), deviation, noise, go_on)
    if parts is None:
        return None
    over = _put(parts, buffer)
    density = -0.5 * np.square(noise) - np.log(deviation) - 0.5 * np.log(2 * np.pi)
    buffer.log_probs[:] = density.sum(2)
    starts = np.concatenate([part.starts[-1] for part in parts])
    now = {name: np.concatenate([part.now[name] for part in parts]) for name in buffer.observations}
    _judge(policy=policy, buffer=buffer, gamma=model.gamma, over=over, now=now, starts=starts)
    steps: list[list[dict[str, Any]]] = [[] for _ in range(model.n_steps)]
    for one in over:
        steps[one.step].append(env.info(one.ended, one.last))
    return steps


def _put(parts: list[Steps], buffer: Any) -> list[Over]:
    """Copy the robots' steps into the buffer. Returns the episodes that ended, by step and
    robot.
    """
    first = 0
    for part in parts:
        rows = slice(first, first := first + part.rewards.shape[1])
        buffer.actions[:, rows] = part.actions
        buffer.rewards[:, rows] = part.rewards
        buffer.episode_starts[:, rows] = part.starts[:-1]
        for name, array in part.observations.items():
            buffer.observations[name][:, rows] = array
    return sorted(
        (one for part in parts for one in part.over), key=lambda one: (one.step, one.ended.robot)
    )


def _judge(
    policy: Any,
    buffer: Any,
    gamma: float,
    over: list[Over],
    now: dict[str, NDArray[np.float32]],
    starts: NDArray[np.bool_],
) -> None:
    """Fill in the critic's values and the advantages."""
    steps, robots = buffer.rewards.shape
    flat = {name: array.reshape(steps * robots, -1) for name, array in buffer.observations.items()}
    buffer.values[:] = _values(policy, flat).reshape(steps, robots)
    cut = [one for one in over if one.ended.cut_off]
    if cut:
        # An episode that was cut off would have gone on.
        last = {name: np.stack([one.last[name] for one in cut]) for name in flat}
        buffer.rewards[[one.step for one in cut], [one.ended.robot for one in cut]] += (
            gamma * _values(policy, last)
        )
    buffer.pos = buffer.buffer_size
    buffer.full = True
    buffer.compute_returns_and_advantage(torch.from_numpy(_values(policy, now)), starts)


def _values(policy: Any, observations: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """The critic's values, (B,), of observations (B, ...)."""
    with torch.inference_mode():
        features = torch.cat([torch.from_numpy(observations[name]) for name in OBSERVATIONS], 1)
        return policy.value_net(policy.mlp_extractor.forward_critic(features)).flatten().numpy()
