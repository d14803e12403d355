"""A robot whose joints go where they are told, a program for it, and a loop for both."""

from collections.abc import Callable
from typing import Any

import numpy as np

from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.link import Array, HeightMapMessage, MotorCommand, Remote, RobotState
from deploy.runtime.loop import loop
from deploy.runtime.safety.control import Control, Inputs, Outcome
from deploy.runtime.safety.operator import OperatorInput
from deploy.runtime.safety.pilot import Pilot
from tests.support.bundles import about

ABOUT = about()
STANCE = np.array(ABOUT.stance, np.float32)
SCRIPT = {5: "start", 10: "A", 200: "A"}
"""Buttons by tick: arm, stand up, walk."""


class Program:
    """Commands the stance, a little lower for each tick since `reset`; what it was told is kept."""

    def __init__(
        self, change: Callable[[MotorCommand], MotorCommand] = lambda command: command
    ) -> None:
        self.change = change
        self.told = list[tuple[Array, ...]]()
        self.steps = 0

    def reset(self) -> None:
        self.steps = 0

    def step(self, *sensors: Array) -> tuple[Array, ...]:
        self.told.append(sensors)
        self.steps += 1
        zero = np.zeros_like(STANCE)
        position = STANCE - np.float32(1e-4 * self.steps)
        return self.change(
            MotorCommand(
                position=position,
                velocity=zero,
                torque=zero,
                kp=np.array(ABOUT.kp, np.float32),
                kd=np.array(ABOUT.kd, np.float32),
            )
        )


class Model:
    """Link and clock of a robot whose joints go where they are told.

    `disturb` changes each tick's state and map.
    """

    def __init__(
        self,
        disturb: Callable[
            [int, RobotState, HeightMapMessage], tuple[RobotState | None, HeightMapMessage | None]
        ] = lambda _, *rest: rest,
    ) -> None:
        self.disturb = disturb
        self.time = 0.0
        self.joints = np.array(ABOUT.folded, np.float32)
        self.sent = list[MotorCommand]()

    def now(self) -> float:
        return self.time

    def sleep_until(self, deadline: float) -> None:
        self.time = max(self.time, deadline)

    def start(self) -> None: ...

    def close(self) -> None: ...

    def _message(self) -> tuple[RobotState | None, HeightMapMessage | None]:
        tick = round(self.time / ABOUT.control_period)
        zero = np.zeros_like(STANCE)
        remote = Remote(frozenset({SCRIPT[tick]} if tick in SCRIPT else ()), 0.5)
        upright = np.array([0, 0, 0, 1], np.float32)
        state = RobotState(
            tick=tick,
            received=self.time,
            quaternion=upright,
            angular_velocity=np.zeros(3, np.float32),
            joint_position=self.joints,
            joint_velocity=zero,
            joint_torque=zero,
            temperature=zero + 40,
            battery=0.8,
            remote=remote,
        )
        return self.disturb(
            tick, state, HeightMapMessage(self.time, np.full((29, 7), -0.26, np.float32))
        )

    def state(self) -> RobotState | None:
        return self._message()[0]

    def height_map(self) -> HeightMapMessage | None:
        return self._message()[1]

    def send(self, command: MotorCommand) -> None:
        self.sent.append(command)
        self.joints = command.position if command.kp.any() else self.joints


def drive(
    model: Model,
    program: Program,
    ticks: int = 300,
    blind: Program | None = None,
    manifest: Manifest = ABOUT,
) -> list[tuple[Inputs, Outcome]]:
    """What happened in each tick."""
    happened: list[tuple[Inputs, Outcome]] = []
    control = Control(manifest, Pilot(manifest, program, blind))
    watch: Any = (lambda inputs, outcome, took: happened.append((inputs, outcome)),)
    assert loop.run(
        link=model,
        clock=model,
        control=control,
        operator=OperatorInput(about()),
        keys=lambda: "",
        guardian=loop.Unwatched(),
        observers=watch,
        ends=lambda: len(happened) >= ticks,
    )
    return happened


def states(happened: list[tuple[Inputs, Outcome]]) -> list[str]:
    """In their order, each once."""
    every = [outcome.state for _, outcome in happened]
    return [state for state, before in zip(every, [None, *every], strict=False) if state != before]


def lost(
    tick: int, state: RobotState, ground: HeightMapMessage
) -> tuple[RobotState, HeightMapMessage]:
    return state, ground if tick < 250 else ground._replace(received=250 * ABOUT.control_period)
