"""Policies by name or path: the shipped ones, those of a training run, and the baselines."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from agents import checkpoint
from agents.networks import Actor, actor_weights
from envs.families import BASELINES as BASELINES_OF_FAMILIES
from envs.families import family
from envs.families.family import Baseline
from envs.robots import find
from envs.robots.spec import RobotSpec
from envs.settings import changed

PRETRAINED = Path(__file__).resolve().parent / "pretrained"
BASELINES = (*BASELINES_OF_FAMILIES, "random")
PATHS = ("run", "start", "config")
"""Settings of a run that mean something on one machine only."""


class PolicyError(RuntimeError):
    """A policy cannot be found or read; the message names the remedy."""


@dataclass(frozen=True)
class Policy:
    """A trained policy or a baseline; a baseline has no `actor`."""

    name: str
    spec: RobotSpec
    """The robot that it drives, with the gait that it was trained with."""
    actor: Actor | None
    origin: checkpoint.Saved
    """Origin of the weights: steps, minutes and configuration of the run."""
    baseline: Baseline | None = None

    @property
    def robot(self) -> str:
        """Name of the robot that it drives."""
        return self.spec.name

    @property
    def blind(self) -> bool:
        """Whether the policy was trained without a height map, and is used without one."""
        return bool(self.origin.get("config", {}).get("blind", False))

    @cached_property
    def _actions(self) -> int:
        return family(self.spec).controller(self.spec).actions

    def act(
        self, observations: NDArray[np.float32], generators: list[np.random.Generator]
    ) -> NDArray[np.float32]:
        """Actions (E, A) for observations (E, N); only the random baseline draws from the robots'
        generators.
        """
        if self.baseline is not None:
            return self.baseline(observations)
        if self.actor is None:
            return np.stack([rng.uniform(-1, 1, self._actions) for rng in generators]).astype(
                np.float32
            )
        with torch.inference_mode():
            return self.actor(torch.from_numpy(observations)).numpy()


def names() -> list[str]:
    """Shipped policies and baselines."""
    return sorted(path.parent.name for path in PRETRAINED.glob("*/policy.pt")) + list(BASELINES)


def load(name: str, robot: str = "go2") -> Policy:
    """The policy called `name`: a shipped one, a baseline, a run's folder, a checkpoint or an
    exported policy file. `robot` matters for baselines only.

    Raises:
        PolicyError: there is no such policy, or its file is damaged.
    """
    spec = find(robot)
    made = family(spec).baselines
    if name in made:
        return Policy(name=name, spec=spec, actor=None, origin={}, baseline=made[name](spec))
    if name == "random":
        return Policy(name=name, spec=spec, actor=None, origin={})
    if name in BASELINES:
        raise PolicyError(f"{robot} has no baseline {name!r}; use {', '.join(made)}, random")
    path = Path(name)
    shipped = PRETRAINED / name / "policy.pt"
    if shipped.is_file():
        path = shipped
    elif path.is_dir():
        found = checkpoint.newest(path)
        if found is None:
            raise PolicyError(f"there is no valid checkpoint in {path}; train there first")
        path = found[0]
    elif not path.is_file():
        raise PolicyError(
            f"there is no policy {name!r}; use {', '.join(names())}, a run's folder or a checkpoint"
        )
    try:
        state = checkpoint.load(path)
    except checkpoint.CheckpointError as error:
        raise PolicyError(str(error)) from error
    return _from_state(name, state)


def slim(state: checkpoint.Saved) -> checkpoint.Saved:
    """A training checkpoint reduced to what acting needs; a reduced one stays as it is."""
    if "actor" in state:
        return state
    origin = {key: state[key] for key in ("steps", "minutes")} | {
        "config": {key: value for key, value in state["config"].items() if key not in PATHS}
    }
    return {
        "robot": state["config"]["robot"],
        "actor": actor_weights(state["policy"]),
        "origin": origin,
    }


def _trained(state: checkpoint.Saved) -> RobotSpec:
    """The robot as the policy of a slim `state` was trained; a gait that is not saved is its own.

    Raises:
        ValueError: there is no such robot, or this version's has no such gait.
    """
    spec = find(state["robot"])
    saved = state["origin"].get("config", {})
    return replace(spec, gait=changed(spec.gait, saved.get("gait", {}), "gait."))


def _from_state(name: str, state: checkpoint.Saved) -> Policy:
    try:
        state = slim(state)
        spec = _trained(state)
        controller = family(spec).controller(spec)
        actor = Actor(controller.observations, controller.actions)
        actor.load_state_dict(state["actor"])
        policy = Policy(name=name, spec=spec, actor=actor.eval(), origin=state["origin"])
        # Something wrong with its origin shows here, not when it is asked later.
        _ = policy.blind
        return policy
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise PolicyError(
            f"{name} does not fit this version's robots, observations or network; train it again"
        ) from error
