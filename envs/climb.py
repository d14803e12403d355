"""E robots on E staircases, stepped together: the parts of an episode wired to one another."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from envs.families import family
from envs.physics.batch import Physics
from envs.physics.motors import Command
from envs.physics.state import State
from envs.programs.sensors import JointCommand, Sensors
from envs.robots.spec import RobotSpec
from envs.sensing.measurement import Sensing, exact_reading
from envs.task import privileged, rewards
from envs.task.course import Course
from envs.task.episodes import Episodes
from envs.task.operator import Operator
from envs.task.scenario import Scenario
from envs.task.terminations import End, ending, failed

Array = NDArray[np.float64]
Floats = NDArray[np.float32]

_NOTHING = torch.empty(0)


class Result(NamedTuple):
    """The result of one control step of E robots."""

    policy: Floats
    """Observation of the policy, (E, N)."""
    privileged: Floats
    """Observation of the critic, (E, 12): see `envs.task.privileged`."""
    reward: Array
    """Reward of the step, (E,)."""
    terminated: NDArray[np.bool_]
    """Whether the robot arrived, fell or left the flight, (E,)."""
    truncated: NDArray[np.bool_]
    """Whether the time limit ended the episode, (E,)."""
    end: NDArray[np.int64]
    """The `End` of each episode, `End.RUNNING` while it goes on, (E,)."""
    terms: Array
    """Weighted reward terms, (E, T), in the order of the reward table."""


class ClimbBatch:
    """Robots of one model on staircases.

    Args:
        spec: the robot.
        count: number of robots, E.
        gui: show the first robot in a window.

    Attributes:
        family: what is true of all robots that move alike.
        rewards: the reward table.
        physics: the bodies of the robots.
        course: the flights that they are on.
        operator: gives the commands.
        sensing: the sensors.
        controllers: the controllers, with their memories.
        episodes: the running episodes and their sums.
        sensors: last reading, of the robots that were observed last.
        command: last joint command.
    """

    def __init__(self, spec: RobotSpec, count: int, gui: bool = False) -> None:
        self.spec = spec
        self.family = family(spec)
        self.rewards = rewards.table(spec.rewards)
        self.physics = Physics(spec, count, spec.control_step, gui)
        self.course = Course(count)
        self.operator = Operator(count)
        self.sensing = Sensing(count, len(spec.joint_names), spec.control_step)
        self.controllers = self.family.controllers(spec, count)
        self.episodes = Episodes(spec, count, spec.control_step, rewards.names(spec.rewards))
        self.sensors = Sensors(*[_NOTHING] * len(Sensors._fields))
        self.command = JointCommand(*[_NOTHING] * len(JointCommand._fields))

    @property
    def count(self) -> int:
        """Number of robots, E."""
        return len(self.physics.worlds)

    @property
    def actions(self) -> int:
        """Size of a robot's action, A."""
        return self.controllers.controller.actions

    @property
    def observations(self) -> int:
        """Size of a robot's observation, N."""
        return self.controllers.controller.observations

    def close(self) -> None:
        """Disconnect the physics clients."""
        self.physics.close()

    def reset(
        self, scenarios: dict[int, Scenario], generators: dict[int, np.random.Generator]
    ) -> tuple[Floats, Floats]:
        """Start `scenarios` (by row). Returns the policy's and the critic's observations.

        Noise and pushes are drawn from `generators` (by row). The observations are those of the
        given rows, in ascending order.
        """
        # Flights, operators, and robots in their initial poses
        for row, scenario in scenarios.items():
            self._begin(row, scenario, generators[row])
        self.physics.refresh()

        # The sensors are read, and the policy's observations made
        rows = sorted(scenarios)
        self.sensors = self._measure(rows)
        policy = self.controllers.begin(rows, self.sensors)
        return policy, self._privileged()[rows]

    def _begin(self, row: int, scenario: Scenario, generator: np.random.Generator) -> None:
        self.course.place(row, scenario, self.spec.body_length)
        self.operator.begin(row, scenario)
        self.episodes.begin(row, scenario, generator)
        footprint = self.family.footprint(self.spec)
        points = scenario.in_world(footprint)
        heights = self.course.terrain.height(points[:1], points[1:], [row])[0]
        pose = self.family.initial_pose(self.spec, scenario, heights, footprint)
        self.physics.reset(
            row=row,
            scenario=scenario,
            position=pose.position,
            quaternion=pose.quaternion,
            joints=pose.joints,
        )
        self.sensing.reset(row, scenario.values, pose.position, scenario.world_yaw)

    def step(self, actions: Floats) -> Result:
        """Advance all robots by one control step with `actions` (E, A) in -1..1.

        Raises:
            ValueError: the actions have the wrong shape, or are not finite.
        """
        actions = _checked(actions, (self.count, self.actions))

        # The controllers turn actions into joint commands
        before = self.physics.state
        action_before = self.controllers.action()
        self.command = self.controllers.act(actions)

        # The world acts on the robots
        for row, velocity in self.episodes.pushes():
            self.physics.push(row, velocity)
        self.physics.advance(_motor_command(self.command))

        # The sensors are read, and the policy's observations made
        self.sensors = self._measure(slice(None))
        policy = self.controllers.observe(self.sensors)

        # The step is rewarded
        work = self.physics.work()
        seen = self._seen(before, action_before, work)
        step = self.spec.control_step
        reward, terms = rewards.evaluate(seen, step, self.rewards)

        # Episodes may terminate
        end = self._ends()
        reward = (
            reward
            + np.where(end == End.ARRIVED, self.spec.rewards.arrival, 0.0)
            + np.where(failed(end), self.spec.rewards.fall, 0.0)
        )
        self.episodes.tally.add(seen, reward, terms, energy=work, seconds=step)
        return Result(
            policy=policy,
            privileged=self._privileged(),
            reward=reward,
            terminated=(end == End.ARRIVED) | failed(end),
            truncated=end == End.TIMEOUT,
            end=end,
            terms=terms,
        )

    def _measure(self, rows: slice | list[int]) -> Sensors:
        """Update the operator's commands, and read the sensors of the robots `rows`."""
        state = self.physics.state
        command = self.operator.steer(
            now=self.episodes.seconds(),
            lateral_offset=self.course.lateral_offset(state.position),
            heading_error=self.course.heading_error(state.yaw),
        )
        return self.sensing.measure(
            rows=rows,
            exact=exact_reading(state),
            zero_offset=self.physics.actuators.zero_offset,
            command=command,
            terrain=self.course.terrain,
            generators=self.episodes.generators,
        )

    def _seen(self, before: State, action_before: Array, work: Array) -> rewards.Step:
        """What the reward terms see of the control step since the state `before`.

        `work` is that of the motors [J], (E,).
        """
        state = self.physics.state
        along = self.course.along(state.velocity)
        return rewards.Step(
            velocity_in_base=state.velocity_in_base,
            forward_speed=np.where(self.operator.steers, along, state.speed_ahead()),
            angular_velocity=state.angular_velocity_in_base,
            gravity=state.gravity_in_base(),
            command=self.operator.command,
            power=work / self.spec.control_step,
            torque_load=self.physics.load(),
            action=self.controllers.action(),
            previous_action=action_before,
            jolt=state.velocity[:, 2] - before.velocity[:, 2],
        )

    def _ends(self) -> NDArray[np.int64]:
        state = self.physics.state
        return ending(
            upright=state.upright(),
            beyond=-self.course.to_goal(state.position),
            lateral_offset=state.position[:, 1],
            half_width=self.course.half_width,
            over_ground=self.course.height_over(state.position),
            arrived_height=self.spec.arrived_height,
            time_is_up=self.episodes.last_step(),
        )

    def _privileged(self) -> Floats:
        state = self.physics.state
        # A robot that roams has no centre line to keep to.
        steers = self.operator.steers
        return privileged.figures(
            velocity_in_base=state.velocity_in_base,
            to_goal=self.course.to_goal(state.centre),
            lateral_offset=self.course.lateral_offset(state.centre) * steers,
            heading_error=self.course.heading_error(state.yaw) * steers,
            fixed=self.episodes.fixed,
            mirrored=self.controllers.mirrored(),
        )


def _checked(actions: Floats, shape: tuple[int, int]) -> Floats:
    if actions.shape != shape:
        raise ValueError(f"action has shape {actions.shape}; this environment needs {shape}")
    if not np.isfinite(actions).all():
        raise ValueError("action is not finite; check the policy's output for NaN")
    return np.clip(actions, -1.0, 1.0).astype(np.float32)


def _motor_command(said: JointCommand) -> Command:
    """The part of a joint command that the simulated motors take, as numpy arrays."""
    return Command(
        position=said.position.numpy().astype(np.float64),
        velocity=said.velocity.numpy().astype(np.float64),
        torque=said.torque.numpy().astype(np.float64),
    )
