"""Zeros are given back to the operating system, and nothing else is."""

import subprocess
import sys

import pytest

from envs.physics import stepper
from envs.physics.pages import _without
from tests import ROOT

CLIENTS = """
import sys
from contextlib import nullcontext
from envs.physics.pages import release_zero_pages
from envs.robots.go2 import GO2
from envs.physics.world import World

def resident():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024

World(GO2).close()
before = resident()
with release_zero_pages() if sys.argv[1] == "thrifty" else nullcontext():
    worlds = [World(GO2) for _ in range(4)]
print((resident() - before) / len(worlds))
"""
CONTENTS = """
import numpy as np
from envs.physics.pages import release_zero_pages

PAGE = 4096
with release_zero_pages():
    # Runs of zeros of many lengths, between pages with a single byte in them.
    arrays = []
    for length in (1, 15, 16, 17, 63, 64, 65, 300):
        array = np.zeros(5 * length * PAGE, np.uint8)
        array[:] = 0
        array[length * PAGE :: 2 * length * PAGE] = 7
        arrays.append(array)
sums = [int(array.sum()) for array in arrays]
assert sums == [14] * 8, sums
for array in arrays:
    array += 1
assert [int(array.sum()) for array in arrays] == [14 + array.size for array in arrays]
print("whole")
"""


def told(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


@pytest.mark.skipif(
    sys.platform != "linux" or stepper.library() is None,
    reason="there is no Linux, or the stepper is not built",
)
def test_a_client_takes_two_thirds_at_most() -> None:
    assert float(told(CLIENTS, "thrifty")) < 0.66 * float(told(CLIENTS, "lavish"))


def test_what_was_in_memory_is_there_afterwards() -> None:
    assert told(CONTENTS) == "whole"


@pytest.mark.parametrize(
    ("after", "fresh"),
    [
        ([(0, 10), (20, 30)], []),
        ([(0, 12), (20, 30)], [(10, 12)]),
        ([(0, 40)], [(10, 20), (30, 40)]),
        ([(5, 8), (12, 15), (25, 27)], [(12, 15)]),
        ([(15, 35)], [(15, 20), (30, 35)]),
    ],
)
def test_memory_that_was_there_before_is_not_looked_at(
    after: list[tuple[int, int]], fresh: list[tuple[int, int]]
) -> None:
    assert _without(after, [(0, 10), (20, 30)]) == fresh
