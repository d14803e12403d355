"""The physics engines by name."""

from importlib import import_module
from typing import Literal

from deploy.runtime.errors import MissingExtraError
from deploy.simulation.body import Body
from envs.quiet import quiet
from envs.robots import RobotSpec
from envs.scenario import Scenario

Engine = Literal["pybullet", "mujoco"]
_BODIES = {"pybullet": "deploy.simulation.bullet.BulletBody", "mujoco": "deploy.simulation.mujoco.MujocoBody"}


def open_body(engine: Engine, spec: RobotSpec, scenario: Scenario, lying: bool = False) -> Body:
    """The robot of `scenario` in a physics engine, standing, or lying folded on the ground.

    Raises:
        MissingExtraError: the engine is not installed.
    """
    module, name = _BODIES[engine].rsplit(".", 1)
    try:
        with quiet():
            body: Body = getattr(import_module(module), name)(spec, scenario, lying=lying)
    except ModuleNotFoundError as error:
        if error.name != engine:
            raise
        raise MissingExtraError(f"{engine} is not installed; run `pip install .[rehearse]`") from None
    return body
