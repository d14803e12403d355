"""E robots of one model, each in a world of its own, stepped together.

Motors are computed in one pass over the batch; Bullet has one client per robot.
"""

import numpy as np
from numpy.typing import NDArray

from envs.physics import buffers, state, stepper
from envs.physics.motors import Actuators, Command
from envs.physics.stepper import Stepper
from envs.physics.world import World
from envs.robots.spec import RobotSpec
from envs.task.scenario import Scenario

Array = NDArray[np.float64]

SIDE_BY_SIDE = 8
"""Number of robots whose physics is stepped in turn.

One numpy pass serves them all, and their clients fit into a core's cache together.
"""


class Physics:
    """The bodies of E robots with J joints.

    Args:
        spec: the robot.
        count: number of robots, E.
        control_step: time for which a command is held [s].
        gui: show the first robot in a window.

    Attributes:
        worlds: one world per robot.
        actuators: the motors of all robots.
        stepper: steps the robots in C; None if the loop in this class does.
        state: the true state after the last control step or `refresh`.
    """

    def __init__(self, spec: RobotSpec, count: int, control_step: float, gui: bool = False) -> None:
        joints = len(spec.joint_names)
        self.spec = spec
        self.worlds = [World(spec, gui and row == 0) for row in range(count)]
        self.actuators = Actuators(spec, count)
        self._buffers = buffers.empty(count, round(control_step / spec.physics_step), joints)
        self._at_rest = np.zeros((count, joints))
        self._delay = np.zeros(count, dtype=np.int64)
        self.stepper = None if gui or spec.drives else self._fast()
        self.state = self._read()

    def _fast(self) -> Stepper | None:
        built = stepper.library()
        return (
            Stepper(built, self.spec, self.actuators, self.worlds, self._buffers) if built else None
        )

    def _read(self) -> state.State:
        return state.read(self._buffers.base, self._buffers.joint_state, self.worlds[0].base_com)

    def close(self) -> None:
        """Disconnect the physics clients."""
        for world in self.worlds:
            world.close()

    def replace(self, row: int) -> None:
        """Give the robot of `row` a new physics client; it must be reset before the next step."""
        self.worlds[row].close()
        self.worlds[row] = World(self.spec)
        if self.stepper:
            self.stepper.take(row, self.worlds[row])

    def reset(
        self,
        row: int,
        scenario: Scenario,
        position: Array,
        quaternion: tuple[float, ...],
        joints: Array,
    ) -> None:
        """Put the robot of `row` on the flight of `scenario`, at rest, with its drawn properties.

        Call `refresh` after all rows are reset.

        Args:
            row: index of the robot.
            scenario: the episode.
            position: origin of the base in the world [m], (3,).
            quaternion: attitude of the base, xyzw.
            joints: joint positions [rad], (J,).
        """
        world = self.worlds[row]
        values = scenario.values
        world.place(scenario.stairs)
        world.reset(position.tolist(), quaternion, joints.tolist())
        world.set_friction(float(values["friction"][0]))
        world.set_payload(*scenario.payload(self.spec))
        self.actuators.strength[row] = values["strength"]
        self.actuators.kp[row] = np.array(self.spec.kp) * values["kp"]
        self.actuators.kd[row] = np.array(self.spec.kd) * values["kd"]
        self.actuators.zero_offset[row] = values["zero_offset"]
        self._at_rest[row] = self.actuators.kp[row] * (joints - self.actuators.zero_offset[row])
        self._delay[row] = round(float(values["delay"][0]) / self.spec.physics_step)
        self._buffers.joint_state[row] = world.joints()
        self._buffers.base[row] = world.base()

    def refresh(self) -> None:
        """Update `state` after `reset`."""
        self.state = self._read()

    def push(self, row: int, velocity: tuple[float, float, float]) -> None:
        """Change the base velocity of the robot of `row` at once.

        `velocity` is the change in the world [m/s].
        """
        self.worlds[row].push(velocity)

    def advance(self, command: Command) -> None:
        """Advance by one control step; the motor drivers follow `command` after their delay."""
        at_rest = self.actuators.wanted_at_rest(command)
        # The previous command holds until the delay is over, (S, E, J).
        substeps = np.arange(len(self._buffers.at_rest))[:, None, None]
        self._buffers.at_rest[:] = np.where(
            substeps >= self._delay[:, None], at_rest, self._at_rest
        )
        if self.stepper:
            self.stepper.advance()
        else:
            for first in range(0, len(self.worlds), SIDE_BY_SIDE):
                self._advance_some(slice(first, first + SIDE_BY_SIDE))
        self._at_rest = at_rest
        self.state = self._read()

    def _advance_some(self, rows: slice) -> None:
        """Step the physics of the robots `rows` through one control step.

        They are so few that their physics stays in the processor's cache from one step to the next.
        """
        worlds = self.worlds[rows]
        drives = len(self.spec.drives)
        at_rest, motors, speeds, joints, base = self._buffers
        for substep in range(len(at_rest)):
            position, velocity = joints[rows, :, 0], joints[rows, :, 1]
            motor, torque = self.actuators.torque(rows, at_rest[substep, rows], position, velocity)
            motors[rows, substep] = motor
            speeds[rows, substep] = velocity
            for world, one in zip(worlds, torque.tolist(), strict=True):
                world.step(one)
            if drives:
                motors[rows, substep, -drives:] += [world.track_load() for world in worlds]
            # One flat list: numpy takes twice as long for nested lists.
            numbers: list[float] = []
            for world in worlds:
                numbers += world.joint_row()
            joints[rows] = np.array(numbers).reshape(len(worlds), -1, 2)
        base[rows] = [world.base() for world in worlds]

    def work(self) -> Array:
        """Mechanical work of the motors in the last control step, |torque x speed| [J], (E,)."""
        power = np.abs(self._buffers.motor * self._buffers.speeds)
        return self.spec.physics_step * power.sum((1, 2))

    def load(self) -> Array:
        """Mean square of torque over peak torque in the last control step, (E,)."""
        return np.square(self._buffers.motor / np.array(self.spec.torque_limit)).mean((1, 2))

    def overspeed(self) -> Array:
        """Share of the last control step in which each joint exceeded its no-load speed, (E, J)."""
        return (np.abs(self._buffers.speeds) > np.array(self.spec.speed_limit)).mean(1)

    def raw_state(self) -> Array:
        """Bullet's numbers of each robot's base and joints, (E, 13 + 2 J)."""
        joints = self._buffers.joint_state
        return np.column_stack([self._buffers.base, joints.reshape(len(joints), -1)])
