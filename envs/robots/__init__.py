"""The robots there are, by name."""

from envs.robots.go2 import GO2
from envs.robots.tracked import TRACKED

ROBOTS = {spec.name: spec for spec in (GO2, TRACKED)}
