"""The whole controller as one TorchScript program: sensors in, commands out, memory inside."""

from typing import Any

import torch
from torch import Tensor, nn

from agents.networks import Actor
from deploy.runtime.bundle.program import torchscript
from envs.families import family
from envs.families.controller import ControllerMemory, ControllerProgram
from envs.programs.sensors import Sensors
from envs.robots.spec import RobotSpec


class Program(nn.Module):
    """Observation, network, gait and leg kinematics in one: exactly the modules that the simulator
    stepped in training.

    Call `reset()` once, then the program once a control step with the fields of `Sensors`, each
    with a batch dimension of 1.
    """

    def __init__(self, controller: ControllerProgram[ControllerMemory], actor: Actor) -> None:
        super().__init__()
        self.controller = controller
        self.actor = actor
        self.memory = controller.start(1)

    @torch.jit.export
    def reset(self) -> None:
        """Forget everything: the robot has just been switched on."""
        self.memory = self.controller.start(1)

    def forward(
        self,
        gravity_in_base: Tensor,
        angular_velocity_base_in_base: Tensor,
        joint_position: Tensor,
        joint_velocity: Tensor,
        command: Tensor,
        height_map: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """The fields of `JointCommand` for one control step; shapes and units as there and in
        `Sensors`.

        A plain tuple, because Python makes the class of a named one anew in every call: half a
        millisecond.
        """
        sensors = Sensors(
            gravity_in_base=gravity_in_base,
            angular_velocity_base_in_base=angular_velocity_base_in_base,
            joint_position=joint_position,
            joint_velocity=joint_velocity,
            command=command,
            height_map=height_map,
        )
        observation, memory = self.controller.observe(sensors, self.memory)
        c, self.memory = self.controller.act(self.actor(observation), memory)
        return c.position, c.velocity, c.torque, c.kp, c.kd


def script(spec: RobotSpec, actor: Actor) -> torch.jit.ScriptModule:
    """The program for `spec` with the network `actor`, as TorchScript."""
    with torchscript():
        controller = family(spec).controller(spec)
        # TorchScript must be told what the memory is; each kind of controller has its own.
        typed: Any = type(
            "Program",
            (Program,),
            {
                "__annotations__": {"memory": type(controller.start(1))},
                "__module__": Program.__module__,
            },
        )
        return torch.jit.script(typed(controller, actor).eval())
