"""Settings as files have them: written, read again, and compared."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pytest

from envs.robots import ROBOTS
from envs.robots.go2 import GO2
from envs.settings import Difference, changed, differences, plain


@dataclass(frozen=True)
class Walk:
    place: Path = Path("here")
    after: Path | None = None
    way: Literal["up", "down"] = "up"
    steps: int = 3
    risers: tuple[float, ...] = (0.1,)
    deep: bool = False


@pytest.mark.parametrize("robot", ROBOTS)
def test_what_is_written_is_read_again(robot: str) -> None:
    spec = ROBOTS[robot]
    text = json.dumps({"gait": plain(spec.gait), "randomization": plain(spec.randomization)})
    assert changed(spec, json.loads(text)) == spec


def test_values_are_read_as_their_types() -> None:
    made = changed(Walk(), {"after": "there", "risers": [1, 2], "way": "down", "steps": 5})
    assert made == Walk(after=Path("there"), risers=(1.0, 2.0), way="down", steps=5)
    assert changed(made, plain(Walk())) == Walk()


@pytest.mark.parametrize(
    "wrong",
    [
        {"place": 1},
        {"place": None},
        {"after": False},
        {"way": "left"},
        {"steps": 3.0},
        {"risers": [0.1, "high"]},
        {"risers": 0.1},
        {"risers": [10**400]},
        {"deep": 1},
        {"line\nbreak": 1},
        {3: 4},
        [],
    ],
)
def test_what_cannot_be_read_is_one_line(wrong: Any) -> None:
    with pytest.raises(ValueError, match="; use ") as error:
        changed(Walk(), wrong)
    assert "\n" not in str(error.value)


def test_differences_have_dotted_names_and_none_where_one_side_lacks_it() -> None:
    rewards = replace(GO2.rewards, power=0.0)
    before = {"rewards": plain(GO2.rewards), "seed": 1, "gone": 2}
    now = {"rewards": plain(rewards), "seed": 1, "new": 3}
    assert list(differences(before, now)) == [
        Difference("rewards.power", -0.0006, 0.0),
        Difference("new", None, 3),
        Difference("gone", 2, None),
    ]
    assert list(differences(now, now)) == []
