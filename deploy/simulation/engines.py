"""The physics engines by name."""

from importlib import import_module
from typing import Literal

from deploy.runtime.errors import MissingExtraError
from deploy.simulation.body import Body
from envs.physics.quiet import quiet
from envs.robots.spec import RobotSpec
from envs.task.scenario import Scenario

Engine = Literal["pybullet", "mujoco"]
_BODIES = {
    "pybullet": "deploy.simulation.bullet.BulletBody",
    "mujoco": "deploy.simulation.mujoco.MujocoBody",
}


def require(engine: Engine) -> None:
    """Raise MissingExtraError unless a physics engine is installed."""
    try:
        with quiet():
            import_module(engine)
    except ModuleNotFoundError:
        raise MissingExtraError(
            f"{engine} is not installed; install it: pip install {engine}"
        ) from None


def open_body(engine: Engine, spec: RobotSpec, scenario: Scenario, lying: bool = False) -> Body:
    """The robot of `scenario` in a physics engine, standing, or lying folded on the ground.

    Raises:
        MissingExtraError: the engine is not installed.
    """
    require(engine)
    module, name = _BODIES[engine].rsplit(".", 1)
    body: Body = getattr(import_module(module), name)(spec, scenario, lying=lying)
    return body
