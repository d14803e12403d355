"""The programs of a bundle at the controls: readings in, commands out; the blind one takes over
when there is no height map.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from deploy.runtime.bundle import archive, trace
from deploy.runtime.bundle.manifest import Manifest, names
from deploy.runtime.bundle.program import Artefact, TorchProgram
from deploy.runtime.bundle.replay import WARM_UP
from deploy.runtime.errors import DeployError
from deploy.runtime.link import Array, HeightMapMessage, MotorCommand, RobotState
from deploy.runtime.safety.attitude import gravity_in_base

BLEND = 10
"""Ticks over which the blind program's targets replace the others: its gait begins anew."""


class Pilot:
    """One robot's programs.

    Args:
        sighted: the program that needs the height map.
        blind: one that does not, if there is one.
    """

    def __init__(self, about: Manifest, sighted: Artefact, blind: Artefact | None) -> None:
        self._max_map_age = about.max_map_age
        self._order = names(about.sensors)
        self._results = names(about.commands)
        shapes = {quantity["name"]: tuple(quantity["shape"]) for quantity in about.sensors}
        self._nothing_seen = np.full(shapes.get("height_map", (0, 0)), np.nan, np.float32)
        self._sighted = sighted
        self._blind = blind
        self._is_blind = False
        self._age = 0
        self._last: MotorCommand | None = None
        missing = [name for name in self._order if name not in SENSORS]
        if missing or set(self._results) != set(MotorCommand._fields):
            raise DeployError(
                f"the bundle's program speaks of {', '.join(missing) or 'other commands'}, which "
                "this runtime does not know; update the runtime"
            )

    def needs_map(self) -> bool:
        """Whether a lost height map must stop the robot."""
        return self._blind is None

    def reset(self) -> None:
        """Forget everything: the robot begins to walk."""
        self._is_blind = False
        self._last = None
        self._sighted.reset()

    def command(
        self,
        state: RobotState,
        ground: HeightMapMessage | None,
        now: float,
        wish: tuple[float, float],
    ) -> MotorCommand:
        """The program's answer at `now` [s] to the robot's `state`, the `ground` it last saw, and
        the `wish` for speed [m/s] and yaw rate [rad/s].
        """
        fresh = ground is not None and now - ground.received <= self._max_map_age
        if not fresh and self._blind is not None and not self._is_blind:
            self._blind.reset()
            self._is_blind = True
            self._age = 0
        heights = self._nothing_seen if self._is_blind or ground is None else ground.heights
        return self._blended(self._step(reading(state, heights, wish)))

    def _step(self, values: dict[str, Array]) -> MotorCommand:
        program = self._blind if self._is_blind and self._blind else self._sighted
        said = program.step(*(values[name] for name in self._order))
        return MotorCommand(**dict(zip(self._results, said)))

    def _blended(self, command: MotorCommand) -> MotorCommand:
        """The command; for a while after a change of programs its targets lie between theirs."""
        self._age += 1
        if self._is_blind and self._last is not None and self._age < BLEND:
            share = np.float32(1.0 / (BLEND - self._age + 1))
            command = command._replace(
                position=self._last.position + share * (command.position - self._last.position)
            )
        self._last = command
        return command


SENSORS = (
    "gravity_in_base",
    "angular_velocity_base_in_base",
    "joint_position",
    "joint_velocity",
    "command",
    "height_map",
)
"""Sensors that this runtime can give a program."""


def reading(state: RobotState, heights: Array, wish: tuple[float, float]) -> dict[str, Array]:
    """The program's sensors by name; units and frames as in the manifest."""
    values = (
        gravity_in_base(state.quaternion),
        state.angular_velocity,
        state.joint_position,
        state.joint_velocity,
        np.array(wish, np.float32),
        heights,
    )
    return dict(zip(SENSORS, values))


def load(about: Manifest, files: Mapping[str, bytes]) -> Pilot:
    """The programs of a verified bundle, warm: TorchScript compiles in its first calls, which take
    up to 150 ms.

    Raises:
        DeployError: a program cannot be loaded, or speaks of something unknown.
    """
    try:
        golden = trace.from_bytes(files[archive.GOLDEN], about)
        programs = {
            name: TorchProgram(files[name])
            for name in (archive.PROGRAM, archive.BLIND)
            if name == archive.PROGRAM or name in files
        }
        for program in programs.values():
            for step in range(WARM_UP):
                program.step(*golden.reading(step % len(golden)))
            program.reset()
    except (KeyError, ValueError, RuntimeError, OSError) as error:
        raise DeployError(
            f"the bundle's program cannot be run: {str(error).strip().splitlines()[-1]}; export "
            "it again"
        ) from error
    return Pilot(about, programs[archive.PROGRAM], programs.get(archive.BLIND))
