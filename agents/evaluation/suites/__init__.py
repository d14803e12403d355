"""The suites that a policy is judged by: a file and a row each."""

from collections.abc import Mapping

from agents.evaluation.suites import behaviour, ctu, flights, odd
from agents.evaluation.suites.suite import Suite

SUITES: Mapping[str, Suite] = {
    "flights": Suite(
        "the flights that risers, treads and directions say", flights.judge, drawn=True
    ),
    "odd": Suite("the same flights on stairs unlike any in training", odd.judge),
    "ctu": Suite("the two random sets that CTU Prague used for tracked robots", ctu.judge),
    "behaviour": Suite("standing, stopping, turning, pushes and so on", behaviour.judge),
}
"""Suites by their names on the command line."""
