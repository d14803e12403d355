"""The robots, by name. A file `NAME.py` in this folder with a spec `NAME` is a robot."""

import pkgutil
from importlib import import_module

from envs.robots.spec import RobotSpec


def _found() -> dict[str, RobotSpec]:
    """Each file's spec, in the order of the files' names.

    Raises:
        ValueError: a robot has another name than its file.
    """
    specs = {}
    for file in pkgutil.iter_modules(__path__):
        spec = getattr(import_module(f"{__name__}.{file.name}"), file.name.upper(), None)
        if isinstance(spec, RobotSpec):
            if spec.name != file.name:
                raise ValueError(
                    f"envs/robots/{file.name}.py has a robot {spec.name!r}; name it {file.name!r}"
                )
            specs[spec.name] = spec
    return specs


ROBOTS = _found()
"""Spec of each robot, by name."""


def find(name: str) -> RobotSpec:
    """The robot of that name.

    Raises:
        ValueError: there is no such robot; the message lists the names.
    """
    if name not in ROBOTS:
        raise ValueError(f"unknown robot {name!r}; use {', '.join(ROBOTS)}")
    return ROBOTS[name]
