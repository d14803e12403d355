"""Whatever a configuration or a checkpoint holds, it is accepted or refused in one line: never a
traceback. Checkpoints here have valid hashes; others are refused before they are read.
"""

import copy
import json
import sys
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints
from unittest import mock

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents import checkpoint, policies
from agents.evaluation import cli as evaluation
from agents.learning import ppo
from agents.learning.ppo import PPOConfig
from agents.learning.vec_env import ClimbVecEnv
from agents.training import cli
from agents.training.config import TrainConfig
from agents.training.run import taken_over, train
from envs.robots.go2 import GO2
from envs.settings import Within, plain
from envs.task.curriculum import CurriculumConfig
from envs.workers.worker import Job

MANY = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([torch.zeros(3), torch.full((2, 2), torch.nan)])
)
JUNK = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers(0, 3), inner, max_size=3)
    ),
    max_leaves=6,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
)


def ranges(settings: Any, prefix: str = "") -> dict[str, Within]:
    """Range of each number in `settings`, by its dotted name."""
    found: dict[str, Within] = {}
    hints = get_type_hints(type(settings), include_extras=True)
    for name, hint in hints.items():
        value = getattr(settings, name)
        if is_dataclass(value):
            found |= ranges(value, f"{prefix}{name}.")
        for within in getattr(hint, "__metadata__", ()):
            if isinstance(within, Within) and not isinstance(value, tuple):
                found[prefix + name] = within
    return found


RANGES = ranges(TrainConfig(run=Path()))
TINY = PPOConfig(rollout=8, minibatch=16, epochs=1)


@cache
def trained(folder: Path) -> dict[str, Any]:
    """A checkpoint's state, from a run of 16 steps."""
    found = checkpoint.newest(
        train(TrainConfig(run=folder, steps=16, robots=2, workers=1, ppo=TINY))
    )
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return trained(tmp_path_factory.mktemp("trained") / "run")


def spoilt(data: st.DataObject, state: Any, junk: st.SearchStrategy[Any]) -> Any:
    """`state` with something in it, anywhere, taken away or replaced."""
    spoilt = copy.deepcopy(state)
    place = spoilt
    while True:
        key = data.draw(
            st.sampled_from(
                sorted(place, key=str) if isinstance(place, dict) else range(len(place))
            )
        )
        if isinstance(place[key], dict | list) and place[key] and data.draw(st.integers(0, 3)):
            place = place[key]
        elif data.draw(st.booleans()):
            del place[key]
            return spoilt
        else:
            place[key] = data.draw(junk)
            return spoilt


def value_or_refusal(call: Callable[[], Any], refusal: type[Exception]) -> Any:
    """What `call` gives, or in one line why it gives nothing."""
    try:
        return call()
    except refusal as error:
        return str(error)


def one_line(errors: str, program: str) -> bool:
    return errors.startswith(f"{program}: ") and errors.count("\n") == 1


@MANY
@given(st.data())
def test_a_policy_from_any_checkpoint_acts_or_is_refused(
    state: dict[str, Any], tmp_path: Path, data: st.DataObject
) -> None:
    checkpoint.write(tmp_path / "checkpoint-1.pt", spoilt(data, state, JUNK))
    policy = value_or_refusal(lambda: policies.load(str(tmp_path)), policies.PolicyError)
    if isinstance(policy, str):
        assert policy.count("\n") == 0
        return
    assert policy.blind in (True, False)
    assert policy.actor is not None
    assert len(policy.act(np.zeros((1, policy.actor.body[0].in_features), np.float32), [])) == 1


@pytest.mark.parametrize(
    "junk", [{}, {"policy": 1}, {"robot": "cat", "actor": {}, "origin": {}}, {"actor": None}]
)
def test_evaluate_refuses_a_checkpoint_of_something_else_in_a_line(
    junk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint.write(tmp_path / "checkpoint-1.pt", junk)
    monkeypatch.setattr(sys, "argv", ["evaluate.py", "--policy", str(tmp_path)])
    assert evaluation.main() == 1
    assert one_line(capsys.readouterr().err, "evaluate.py")


@pytest.fixture(scope="module")
def env() -> Any:
    made = ClimbVecEnv(
        Job(spec=GO2, robots=2, seed=1, randomize="full", curriculum=CurriculumConfig()), 1
    )
    yield made
    made.close()


@MANY
@given(st.data())
def test_a_run_goes_on_from_any_checkpoint_or_refuses_it(
    state: dict[str, Any], env: ClimbVecEnv, tmp_path: Path, data: st.DataObject
) -> None:
    config = TrainConfig(run=tmp_path, steps=16, robots=2, workers=1, ppo=TINY)
    found = value_or_refusal(
        lambda: taken_over(config, env, spoilt(data, state, JUNK)), checkpoint.CheckpointError
    )
    if isinstance(found, str):
        assert "checkpoint does not fit" in found
        assert found.count("\n") == 0
        return
    model, _ = found
    # The optimizer can use what it has been given.
    for weight in model.policy.parameters():
        weight.grad = torch.zeros_like(weight)
    model.policy.optimizer.step()


@MANY
@given(st.data())
def test_any_saved_configuration_is_accepted_or_refused_in_a_line(
    tmp_path: Path, data: st.DataObject
) -> None:
    config = TrainConfig(run=tmp_path, resume=True)
    (tmp_path / "config.json").write_text(json.dumps(spoilt(data, plain(config), JSON)))
    problem = cli.check(config)
    assert problem is None or problem.count("\n") == 0


@MANY
@given(st.sampled_from(sorted(RANGES)), st.floats() | st.integers() | st.sampled_from([0, -1, 1]))
def test_any_number_in_the_settings_is_accepted_or_refused_in_a_line(
    tmp_path: Path, name: str, value: Any
) -> None:
    part, _, field = name.rpartition(".")
    base = TrainConfig(run=tmp_path)
    config = (
        replace(base, **{part: replace(getattr(base, part), **{field: value})})
        if part
        else replace(base, **{name: value})
    )
    problem = cli.check(config)
    low, high = RANGES[name]
    assert (problem is None) <= (low <= value <= high)
    assert problem is None or problem.count("\n") == 0
    if problem is None and name.startswith("ppo."):
        ppo.build(config.ppo, mock.Mock(num_envs=config.robots), 1)
