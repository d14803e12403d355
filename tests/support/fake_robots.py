"""What tests ask of a fake Go2 and its operator."""

import time
from collections.abc import Callable
from typing import Any

from deploy.fake_go2.operator import FakeOperator

PATIENCE = 60.0
"""[s] on a machine that does something else."""


def until(what: Callable[[], Any]) -> Any:
    """The first true answer of `what`; fails when there is none within `PATIENCE`."""
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)
    return found


def behave(fake: FakeOperator) -> None:
    """No mischief any more."""
    fake.order(
        drop=0.0,
        delay=0.0,
        freeze=False,
        corrupt=0.0,
        nan=0.0,
        map=True,
        buttons=[],
        forward=0.0,
        turn=0.0,
    )


def counts(fake: FakeOperator) -> dict[str, int]:
    """Of commands, newest."""
    found: dict[str, int] = fake.wait("where", time.monotonic())["counts"]
    return found
