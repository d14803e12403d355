"""The physics engines by name."""

from importlib import import_module

from deploy.simulation.body import Body
from envs.quiet import quiet
from envs.robots import RobotSpec
from envs.scenario import Scenario

ENGINES = {"pybullet": ("deploy.simulation.bullet", "BulletBody")}


def open_body(engine: str, spec: RobotSpec, scenario: Scenario, lying: bool = False) -> Body:
    """The robot of `scenario` in the physics engine called `engine`, standing, or lying folded on the ground."""
    module, name = ENGINES[engine]
    with quiet():
        body: Body = getattr(import_module(module), name)(spec, scenario, lying=lying)
    return body
