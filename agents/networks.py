"""Actor and critic as one stable-baselines3 policy: the actor sees what the robot's sensors say,
the critic also what only a simulator knows.
"""

from typing import Any

import torch
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from torch import Tensor, nn

HIDDEN = (256, 128)
OBSERVATIONS = ("policy", "privileged")
"""Parts of an observation, in the order in which the networks see them: what the robot's sensors
say, and what only a simulator knows.
"""


def tower(inputs: int, hidden: tuple[int, ...] = HIDDEN) -> nn.Sequential:
    """A multilayer perceptron with ELU after each layer."""
    layers: list[nn.Module] = []
    for size in hidden:
        # In place, the gradient needs no second exponential.
        layers += [nn.Linear(inputs, size), nn.ELU(inplace=True)]
        inputs = size
    return nn.Sequential(*layers)


class Towers(nn.Module):
    """The two networks. Features are (B, N + P): the policy's observation first, then the
    privileged one.
    """

    def __init__(self, observations: int, privileged: int) -> None:
        super().__init__()
        self.observations = observations
        self.latent_dim_pi = HIDDEN[-1]
        self.latent_dim_vf = self.latent_dim_pi
        self.policy_net = tower(observations)
        self.value_net = tower(observations + privileged)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Latents of actor and critic, (B, 128) each."""
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: Tensor) -> Tensor:
        """Latent of the actor, (B, 128); blind to what is privileged."""
        return self.policy_net(features[:, : self.observations])

    def forward_critic(self, features: Tensor) -> Tensor:
        """Latent of the critic, (B, 128)."""
        return self.value_net(features)


class ClimbPolicy(MultiInputActorCriticPolicy):
    """Asymmetric actor and critic. The observation is {"policy": (B, N), "privileged": (B, P)},
    concatenated in this order by SB3's extractor.
    """

    def _build_mlp_extractor(self) -> None:
        space: Any = self.observation_space
        towers = Towers(space["policy"].shape[0], space["privileged"].shape[0])
        self.mlp_extractor = towers  # type: ignore[assignment]


class Actor(nn.Module):
    """The actor alone, deterministic: what is shipped, evaluated and exported."""

    def __init__(self, observations: int, actions: int) -> None:
        super().__init__()
        self.body = tower(observations)
        self.head = nn.Linear(HIDDEN[-1], actions)

    def forward(self, observation: Tensor) -> Tensor:
        """Actions (B, A) in -1..1 for observations (B, N)."""
        return torch.clamp(self.head(self.body(observation)), -1.0, 1.0)


def actor_weights(policy: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights of `Actor` among those of a `ClimbPolicy`."""
    kept = {"body": "mlp_extractor.policy_net.", "head": "action_net."}
    return {
        f"{ours}.{key.removeprefix(theirs)}": value
        for ours, theirs in kept.items()
        for key, value in policy.items()
        if key.startswith(theirs)
    }
