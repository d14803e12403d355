"""stable-baselines3's PPO whose update has two threads: the actor learns in one, the critic in the
other.

The two networks share no weight, so their gradients do not depend on each other: the weights are,
bit for bit, those of stable-baselines3's own update. Threads inside torch's operations would meet
hundreds of times in a gradient step, and stall each time where anything else wants a core; these
two meet once.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.utils import explained_variance
from torch import Tensor
from torch.nn import functional

from agents.learning.driven import NotFiniteError
from agents.networks import OBSERVATIONS


class Samples(NamedTuple):
    """A rollout of E robots over T control steps, or some of its samples; B of them."""

    features: Tensor
    """The observation of the policy, then the privileged one, (B, N + P)."""
    actions: Tensor
    """(B, A)."""
    log_prob: Tensor
    """Log probability of the actions under the policy that took them, (B,)."""
    advantages: Tensor
    returns: Tensor

    def take(self, rows: Tensor) -> "Samples":
        """Some of them, by their numbers."""
        return Samples(*(part.index_select(0, rows) for part in self))


class Update(NamedTuple):
    """Figures of one gradient step of the actor."""

    policy_loss: float
    entropy_loss: float
    clip_fraction: float
    kl: float
    """Divergence from the policy that took the actions (http://joschu.net/blog/kl-approx.html)."""


class Learner(PPO):
    """PPO for networks that share no weight. How rollouts are collected depends on where the robots
    are: see `VecRobots.algorithm`.
    """

    def told(self, ended: list[list[dict[str, Any]]], callback: Any) -> bool:
        """Count a rollout, and tell the callback of the episodes that `ended` in each step. Returns
        whether to go on.
        """
        infos = [info for step in ended for info in step]
        self.num_timesteps += self.n_steps * self.n_envs
        self._update_info_buffer(infos)
        callback.update_locals({"infos": infos})
        if not callback.on_step():
            return False
        callback.on_rollout_end()
        return True

    def train(self) -> None:
        """One update from the rollout in the buffer."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        samples = self._rollout()
        steps = self.n_steps
        robots = self.n_envs
        updates: list[Update] = []
        losses: list[float] = []
        with ThreadPoolExecutor(1) as second:
            for _ in range(self.n_epochs):
                first = len(updates)
                # As stable-baselines3 draws: from the global generator, a robot's steps counted
                # before the next robot's. The buffer is the other way round.
                drawn = np.random.permutation(steps * robots)  # noqa: NPY002
                rows = torch.from_numpy(drawn % steps * robots + drawn // steps)
                stopped = not all(
                    self._gradient_step(samples.take(chosen), second, updates, losses)
                    for chosen in rows.split(self.batch_size)
                )
                self._n_updates += 1
                if stopped:
                    break
        self._log(updates, losses, float(np.mean([update.kl for update in updates[first:]])))

    def _rollout(self) -> Samples:
        buffer: Any = self.rollout_buffer
        parts = [torch.from_numpy(buffer.observations[name]).flatten(0, 1) for name in OBSERVATIONS]
        others = [
            torch.from_numpy(getattr(buffer, name)).flatten(0, 1)
            for name in ("actions", "log_probs", "advantages", "returns")
        ]
        return Samples(torch.cat(parts, 1), *others)

    def _gradient_step(
        self,
        samples: Samples,
        second: ThreadPoolExecutor,
        updates: list[Update],
        losses: list[float],
    ) -> bool:
        """Make one gradient step, unless the policy is too far from the one that took the actions.
        Returns whether it was made.

        Raises:
            NotFiniteError: a gradient is not finite.
        """
        policy = self.policy
        policy.optimizer.zero_grad()
        critic = second.submit(self._critic, samples)
        try:
            updates.append(self._actor(samples))
        finally:
            losses.append(critic.result())
        if self.target_kl is not None and updates[-1].kl > 1.5 * self.target_kl:
            return False
        if not torch.nn.utils.clip_grad_norm_(policy.parameters(), self.max_grad_norm).isfinite():
            raise NotFiniteError("gradient")
        policy.optimizer.step()
        return True

    def _critic(self, samples: Samples) -> float:
        """Compute the gradients of the critic's weights. Returns its loss."""
        policy: Any = self.policy
        values = policy.value_net(policy.mlp_extractor.forward_critic(samples.features)).flatten()
        loss = functional.mse_loss(samples.returns, values)
        (self.vf_coef * loss).backward()
        return loss.item()

    def _actor(self, samples: Samples) -> Update:
        """Compute the actor's gradients: the clipped surrogate of Schulman et al. 2017."""
        policy: Any = self.policy
        clip = self.clip_range(self._current_progress_remaining)  # type: ignore[operator]
        distribution = policy._get_action_dist_from_latent(
            policy.mlp_extractor.forward_actor(samples.features)
        )
        advantages = (samples.advantages - samples.advantages.mean()) / (
            samples.advantages.std() + 1e-8
        )
        log_ratio = distribution.log_prob(samples.actions) - samples.log_prob
        ratio = torch.exp(log_ratio)
        policy_loss = -torch.min(
            advantages * ratio, advantages * torch.clamp(ratio, 1 - clip, 1 + clip)
        ).mean()
        entropy_loss = -torch.mean(distribution.entropy())
        (policy_loss + self.ent_coef * entropy_loss).backward()
        with torch.no_grad():
            kl = torch.mean((ratio - 1) - log_ratio)
            clipped = torch.mean((torch.abs(ratio - 1) > clip).float())
        return Update(
            policy_loss=policy_loss.item(),
            entropy_loss=entropy_loss.item(),
            clip_fraction=clipped.item(),
            kl=kl.item(),
        )

    def _log(self, updates: list[Update], losses: list[float], kl: float) -> None:
        """Log as stable-baselines3 does. `kl` is the last epoch's."""
        mean = Update(*np.mean(updates, 0).tolist())
        buffer = self.rollout_buffer
        record = self.logger.record
        record("train/entropy_loss", mean.entropy_loss)
        record("train/policy_gradient_loss", mean.policy_loss)
        record("train/value_loss", float(np.mean(losses)))
        record("train/approx_kl", kl)
        record("train/clip_fraction", mean.clip_fraction)
        record(
            "train/loss",
            updates[-1].policy_loss
            + self.ent_coef * updates[-1].entropy_loss
            + self.vf_coef * losses[-1],
        )
        record(
            "train/explained_variance",
            explained_variance(buffer.values.flatten(), buffer.returns.flatten()),
        )
        record("train/std", torch.exp(self.policy.log_std).mean().item())
        record("train/n_updates", self._n_updates, exclude="tensorboard")
        clip_range = self.clip_range(self._current_progress_remaining)  # type: ignore[operator]
        record("train/clip_range", clip_range)
