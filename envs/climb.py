"""E robots on E staircases, stepped together: the rooms of this package wired to one another.
Physics is one client a robot; all else is one pass over the batch.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from envs import frames
from envs.families import family
from envs.physics import stepper
from envs.physics.motors import Actuators, Command
from envs.physics.stepper import Stepper
from envs.physics.world import World
from envs.programs.sensors import Sensors
from envs.robots.spec import RobotSpec
from envs.sensing.measurement import Sensing, Truth
from envs.task import operator, rewards
from envs.task.scenario import Order, Scenario
from envs.task.staircase import Terrain
from envs.task.terminations import ENDS, ending

Array = NDArray[np.float64]

PUSH_EVERY = (3.0, 6.0)
"""[s]."""
SIDE_BY_SIDE = 8
"""Robots whose physics is stepped in turn: one numpy pass for all of them, and their clients fit
into a core's cache together.
"""
PRIVILEGED = (
    "velocity x, y, z in the base frame [m/s]",
    "distance to the goal along the flight, at most 2 [m]",
    "sideways offset from the middle of the flight [m]",
    "heading error [rad]",
    "friction",
    "payload [kg] / 3",
    "delay [s] x 50",
    "riser [m] x 5",
    "tread [m] x 3",
    "+1 up, -1 down",
)
PRIVILEGED_SIZE = 12
PRIVILEGED_LIMIT = 20.0
SIDEWAYS = [1, 4, 5]
"""Those of them that change their sign in a mirror."""


class Result(NamedTuple):
    """One control step of E robots."""

    policy: NDArray[np.float32]
    """Observation of the policy, (E, N)."""
    privileged: NDArray[np.float32]
    """What only the critic may see, (E, 12): see `PRIVILEGED`."""
    reward: Array
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    end: NDArray[np.int64]
    """Index into `ENDS`; 0 while the episode goes on."""
    terms: Array
    """Weighted reward terms, (E, T), in the order of the kind's rewards."""


class Motion(NamedTuple):
    """How E robots move."""

    aside: Array
    """Of the base to the robot's left from the middle of the flight [m], (E,)."""
    place: Array
    """x, y of the base in the world [m], (E, 2)."""
    speed: Array
    """Along the robot's own heading [m/s], (E,)."""
    turning: Array
    """Yaw rate [rad/s], (E,)."""
    overspeed: Array
    """Share of the last control step in which each joint was faster than its motor's no-load speed,
    (E, J).
    """


@dataclass
class Tally:
    """Sums over the running episodes of E robots."""

    steps: NDArray[np.int64]
    reward: Array
    terms: Array
    energy: Array
    """Mechanical work, |torque x speed| [J]."""
    way: Array
    """Distance along the flight [m]."""
    pitch_rate: Array
    """Largest so far [rad/s]."""
    jolt: Array
    """Largest change of the vertical speed in a control step so far [m/s]."""


class ClimbBatch:
    """Robots of one kind on staircases.

    Args:
        spec: the robot.
        count: how many, E.
        gui: show the first robot in a window.

    Attributes:
        stepper: what steps the robots; None: this class itself.
    """

    def __init__(self, spec: RobotSpec, count: int, gui: bool = False) -> None:
        joints = len(spec.joint_names)
        self.spec = spec
        self.count = count
        self.worlds = [World(spec, gui and row == 0) for row in range(count)]
        self.terrain = Terrain(count)
        self.actuators = Actuators(spec, count)
        self.family = family(spec)
        self._rewards = rewards.table(spec.rewards)
        self.controller = self.family.controller(spec)
        self.control_step = spec.control_step
        self.substeps = round(self.control_step / spec.physics_step)
        self.sensing = Sensing(count, joints, self.control_step)
        self.scenarios: list[Scenario | None] = [None] * count
        self._generators: list[np.random.Generator] = [np.random.default_rng(0)] * count
        self._fresh: Any = self.controller.start(1)
        self._memory: Any = self.controller.start(count)
        self._footprint = self.family.footprint(spec)
        self._at_rest = np.zeros((count, joints))
        self._motor = np.zeros((count, self.substeps, joints))
        self._speeds = np.zeros((count, self.substeps, joints))
        self._joint_state = np.zeros((count, joints, 2))
        self._base = np.zeros((count, 13))
        self._drive = np.zeros((self.substeps, count, joints))
        self._delay, self._steps_left, self._until_push = (
            np.zeros(count, dtype=np.int64) for _ in range(3)
        )
        self._fixed = np.zeros((count, 6))
        self._heading = np.ones(count)
        self._goal = np.zeros(count)
        self._half_width = np.ones(count)
        self._whole_way = np.ones(count)
        self._drives = len(spec.drives)
        self._order = np.zeros((count, 2))
        self._next_order: list[list[Order]] = [[] for _ in range(count)]
        self._due = np.full(count, np.inf)
        self._steered = np.ones(count, dtype=bool)
        self._action = np.zeros((count, self.controller.actions))
        self._torque_limit = np.array(spec.torque_limit)
        self._rising = np.zeros(count)
        self.stepper = None if gui or self._drives else self._fast()
        self.tally = Tally(
            np.zeros(count, np.int64),
            np.zeros(count),
            np.zeros((count, len(self._rewards))),
            *np.zeros((4, count)),
        )

    @property
    def actions(self) -> int:
        """Size of a robot's action."""
        return self.controller.actions

    @property
    def observations(self) -> int:
        """Size of a robot's observation."""
        return self.controller.observations

    @property
    def physics(self) -> Array:
        """What physics says of each robot's base and joints, (E, 13 + 2 J)."""
        return np.column_stack([self._base, self._joint_state.reshape(self.count, -1)])

    def close(self) -> None:
        """Free the physics clients."""
        for world in self.worlds:
            world.close()

    def _fast(self) -> Stepper | None:
        built = stepper.library()
        arrays = (self._drive, self._motor, self._speeds, self._joint_state, self._base)
        return Stepper(built, self.spec, self.actuators, self.worlds, *arrays) if built else None

    def replace(self, row: int) -> None:
        """Give the robot of `row` a new physics client; it has to be reset before the next step."""
        self.worlds[row].close()
        self.worlds[row] = World(self.spec)
        if self.stepper:
            self.stepper.take(row, self.worlds[row])

    def reset(
        self, scenarios: dict[int, Scenario], generators: dict[int, np.random.Generator]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Start `scenarios` (by row), noise and pushes drawn from `generators` (by row). Returns
        the observations of these rows: policy and privileged.
        """
        for row, scenario in scenarios.items():
            self._generators[row] = generators[row]
            self._begin(row, scenario)
        rows = sorted(scenarios)
        fresh = self._fresh._make(part.expand(len(rows), *part.shape[1:]) for part in self._fresh)
        policy, memory = self._observe(self._truth(), rows, fresh)
        chosen = torch.tensor(rows)
        self._memory = self._memory._make(
            old.index_copy(0, chosen, new) for old, new in zip(self._memory, memory, strict=True)
        )
        return policy, self._privileged()[rows]

    def _begin(self, row: int, scenario: Scenario) -> None:
        values = scenario.values
        stairs = scenario.stairs
        world = self.worlds[row]
        self.scenarios[row] = scenario
        self.terrain.place(row, stairs)
        world.place(stairs)
        points = scenario.in_world(self._footprint)
        heights = self.terrain.height(points[:1], points[1:], [row])[0]
        base, quaternion, joints = self.family.initial_pose(
            self.spec, scenario, heights, self._footprint
        )
        world.reset(base.tolist(), quaternion, joints.tolist())
        self._set_dynamics(row, scenario)
        self.sensing.reset(row, values, base, scenario.world_yaw)
        self._at_rest[row] = self.actuators.kp[row] * (joints - self.actuators.zero_offset[row])
        self._delay[row] = round(float(values["delay"][0]) / self.spec.physics_step)
        self._steps_left[row] = round(scenario.seconds / self.control_step)
        self._until_push[row] = self._next_push(row)
        self._heading[row] = stairs.heading
        self._goal[row] = (
            stairs.heading * np.inf if scenario.roams else scenario.goal_x(self.spec.body_length)
        )
        self._whole_way[row] = np.abs(self._goal[row] - scenario.x)
        self._half_width[row] = np.inf if scenario.roams else 0.5 * stairs.width
        self._next_order[row] = [Order(0.0, scenario.speed), *scenario.orders]
        self._take_order(row, 0.0)
        self._fixed[row] = (
            values["friction"][0],
            values["payload"][0] / 3,
            50 * values["delay"][0],
            5 * stairs.riser,
            3 * stairs.tread,
            stairs.heading,
        )
        self._action[row] = 0.0
        self._joint_state[row] = world.joints()
        self._base[row] = world.base()
        self._rising[row] = 0.0
        for total in vars(self.tally).values():
            total[row] = 0

    def _set_dynamics(self, row: int, scenario: Scenario) -> None:
        values = scenario.values
        world = self.worlds[row]
        world.set_friction(float(values["friction"][0]))
        world.set_payload(*scenario.payload(self.spec))
        self.actuators.strength[row] = values["strength"]
        self.actuators.kp[row] = np.array(self.spec.kp) * values["kp"]
        self.actuators.kd[row] = np.array(self.spec.kd) * values["kd"]
        self.actuators.zero_offset[row] = values["zero_offset"]

    def _next_push(self, row: int) -> int:
        first, last = (round(seconds / self.control_step) for seconds in PUSH_EVERY)
        return int(self._generators[row].integers(first, last))

    def step(self, actions: NDArray[np.float32]) -> Result:
        """Advance all robots by one control step. `actions` (E, A) in -1..1.

        Raises:
            ValueError: an action of the wrong shape, or not finite.
        """
        if actions.shape != self._action.shape:
            raise ValueError(
                f"action has shape {actions.shape}; this environment needs {self._action.shape}"
            )
        if not np.isfinite(actions).all():
            raise ValueError("action is not finite; check the policy's output for NaN")
        actions = np.clip(actions, -1.0, 1.0)
        with torch.inference_mode():
            self.command, self._memory = self.controller.act(
                torch.from_numpy(actions.astype(np.float32)), self._memory
            )
        energy, load = self._advance(
            Command(*(part.numpy().astype(np.float64) for part in self.command[:3]))
        )
        truth = self._truth()
        policy, self._memory = self._observe(truth, slice(None), self._memory)
        return self._judge(truth, policy, energy, load)

    def _advance(self, command: Command) -> tuple[Array, Array]:
        """The physics steps of one control step. Returns work [J] and mean squared load of the
        motors, (E,).
        """
        self._push()
        at_rest = self.actuators.wanted_at_rest(command)
        # The command before this one holds until its delay is over, (S, E, J).
        self._drive[:] = np.where(
            np.arange(self.substeps)[:, None, None] >= self._delay[:, None], at_rest, self._at_rest
        )
        if self.stepper:
            self.stepper.advance()
        else:
            for first in range(0, self.count, SIDE_BY_SIDE):
                self._advance_some(slice(first, first + SIDE_BY_SIDE))
        self._at_rest = at_rest
        energy = self.spec.physics_step * np.abs(self._motor * self._speeds).sum((1, 2))
        return energy, np.square(self._motor / self._torque_limit).mean((1, 2))

    def _advance_some(self, rows: slice) -> None:
        """The physics steps of the robots `rows`: so few that their physics stays in the
        processor's cache from one step to the next.
        """
        worlds = self.worlds[rows]
        for substep in range(self.substeps):
            position = self._joint_state[rows, :, 0]
            velocity = self._joint_state[rows, :, 1]
            motor, torque = self.actuators.torque(
                rows, self._drive[substep, rows], position, velocity
            )
            self._motor[rows, substep] = motor
            self._speeds[rows, substep] = velocity
            for world, one in zip(worlds, torque.tolist(), strict=True):
                world.step(one)
            if self._drives:
                self._motor[rows, substep, -self._drives :] += [
                    world.track_load() for world in worlds
                ]
            # One flat list: numpy takes twice as long to look through lists in a list.
            numbers: list[float] = []
            for world in worlds:
                numbers += world.joint_row()
            self._joint_state[rows] = np.array(numbers).reshape(len(worlds), -1, 2)
        self._base[rows] = [world.base() for world in worlds]

    def _take_order(self, row: int, now: float) -> None:
        """Take the newest order that is due at `now` [s]."""
        later = self._next_order[row]
        while later and later[0].at <= now:
            order = later.pop(0)
            self._order[row] = order.speed, np.nan if order.yaw_rate is None else order.yaw_rate
        self._due[row] = later[0].at if later else np.inf
        self._steered[row] = np.isnan(self._order[row, 1])

    def _push(self) -> None:
        self._until_push -= 1
        for row in np.flatnonzero(self._until_push <= 0).tolist():
            self._until_push[row] = self._next_push(row)
            scenario = self.scenarios[row]
            most = float(scenario.values["push"][0]) if scenario else 0.0
            speed = self._generators[row].uniform(0, most)
            angle = self._generators[row].uniform(-np.pi, np.pi)
            if speed > 0.0:
                self.worlds[row].push((speed * np.cos(angle), speed * np.sin(angle), 0.0))

    def _truth(self) -> Truth:
        rotation = frames.rotation_matrix(self._base[:, 3:7])
        self._rotation = rotation
        offset = frames.to_world(
            rotation, np.broadcast_to(self.worlds[0].base_com, (self.count, 3))
        )
        self._velocity = self._base[:, 7:10] - np.cross(self._base[:, 10:13], offset)
        yaw = np.arctan2(rotation[:, 1, 0], rotation[:, 0, 0])
        gyro = frames.to_base(rotation, self._base[:, 10:13])
        return Truth(
            position=self._base[:, :3] - offset,
            yaw=yaw,
            gravity_in_base=-rotation[:, 2],
            angular_velocity_base_in_base=gyro,
            joint_position=self._joint_state[..., 0],
            joint_velocity=self._joint_state[..., 1],
        )

    def _observe(
        self, truth: Truth, rows: slice | list[int], memory: Any
    ) -> tuple[NDArray[np.float32], Any]:
        """Observation of the robots `rows`, who have this `memory`, and their memory after it."""
        self._steer(truth)
        self.sensors: Sensors = self.sensing.measure(
            rows, truth, self.actuators.zero_offset, self._commands, self.terrain, self._generators
        )
        with torch.inference_mode():
            observation, memory = self.controller.observe(self.sensors, memory)
        return observation.numpy(), memory

    def _steer(self, truth: Truth) -> None:
        """The operator: gives the orders of the scenario, and keeps the robot on the middle line by
        its yaw rate where they leave it open.
        """
        now = self.tally.steps * self.control_step
        for row in np.flatnonzero(self._due <= now).tolist():
            self._take_order(row, now[row])
        self._heading_error = frames.wrap(truth.yaw - np.where(self._heading > 0, 0.0, np.pi))
        speed, yaw_rate = self._order.T
        keeping = operator.yaw_rate(self._heading * truth.position[:, 1], self._heading_error) * (
            speed > 0
        )
        self._commands = np.stack([speed, np.where(self._steered, keeping, yaw_rate)], 1)

    def _own_speed(self, yaw: Array) -> Array:
        """Speed of the robots along their own heading [m/s], (E,)."""
        return np.cos(yaw) * self._velocity[:, 0] + np.sin(yaw) * self._velocity[:, 1]

    def base_velocity(self) -> Array:
        """True velocity of the bases in the base frame [m/s], (E, 3)."""
        return frames.to_base(self._rotation, self._velocity)

    def _privileged(self) -> NDArray[np.float32]:
        velocity = self.base_velocity()
        position = self._position_along()
        aside = position[0] * self._steered
        heading = self._heading_error * self._steered
        values = np.column_stack(
            [velocity, np.minimum(position[1], 2.0), aside, heading, self._fixed]
        )
        # The critic looks into the same mirror as the policy.
        mirrored = self.controller.mirrored(self._memory).numpy()
        values[:, SIDEWAYS] *= np.where(mirrored, -1.0, 1.0)
        return np.clip(values, -PRIVILEGED_LIMIT, PRIVILEGED_LIMIT).astype(np.float32)

    def _position_along(self) -> tuple[Array, Array]:
        """Sideways offset to the robot's left [m] and distance to the goal [m], (E,)."""
        return self._heading * self._base[:, 1], self._heading * (self._goal - self._base[:, 0])

    def _judge(
        self, truth: Truth, policy: NDArray[np.float32], energy: Array, load: Array
    ) -> Result:
        action = self._memory.action.numpy().astype(np.float64)
        forward = np.where(
            self._steered, self._heading * self._velocity[:, 0], self._own_speed(truth.yaw)
        )
        seen = rewards.Step(
            velocity_in_base=self.base_velocity(),
            forward_speed=forward,
            angular_velocity=truth.angular_velocity_base_in_base,
            gravity=truth.gravity_in_base,
            command=self._commands,
            power=energy / self.control_step,
            torque_load=load,
            action=action,
            previous_action=self._action,
            jolt=self._jolt(),
        )
        reward, terms = rewards.evaluate(seen, self.control_step, self._rewards)
        self._action = action
        self._steps_left -= 1
        end = self._ends(truth)
        reward = (
            reward
            + np.where(end == 1, self.spec.rewards.arrival, 0.0)
            + np.where((end == 2) | (end == 3), self.spec.rewards.fall, 0.0)
        )
        t = self.tally
        t.steps = t.steps + 1
        t.reward = t.reward + reward
        t.terms = t.terms + terms
        t.energy = t.energy + energy
        t.way = t.way + forward * self.control_step
        t.pitch_rate = np.maximum(t.pitch_rate, np.abs(seen.angular_velocity[:, 1]))
        t.jolt = np.maximum(t.jolt, np.abs(seen.jolt))
        terminated = (end > 0) & (end < 4)
        return Result(
            policy=policy,
            privileged=self._privileged(),
            reward=reward,
            terminated=terminated,
            truncated=end == 4,
            end=end,
            terms=terms,
        )

    def _jolt(self) -> Array:
        """Change of the bases' vertical speed since the step before [m/s], (E,)."""
        rising = self._rising
        self._rising = self._velocity[:, 2].copy()
        return self._rising - rising

    def _ends(self, truth: Truth) -> NDArray[np.int64]:
        upright = -truth.gravity_in_base[:, 2]
        x, y = truth.position[:, :1], truth.position[:, 1:2]
        over_ground = truth.position[:, 2] - self.terrain.height(x, y)[:, 0]
        beyond = self._heading * (truth.position[:, 0] - self._goal)
        return ending(
            upright=upright,
            beyond=beyond,
            aside=truth.position[:, 1],
            half_width=self._half_width,
            over_ground=over_ground,
            arrived_height=self.spec.arrived_height,
            time_is_up=self._steps_left <= 0,
        )

    def motion(self) -> Motion:
        """How the robots move after the last step."""
        speed = self._own_speed(np.arctan2(self._rotation[:, 1, 0], self._rotation[:, 0, 0]))
        aside, _ = self._position_along()
        over = (np.abs(self._speeds) > np.array(self.spec.speed_limit)).mean(1)
        return Motion(
            aside=aside,
            place=self._base[:, :2].copy(),
            speed=speed,
            turning=self._base[:, 12].copy(),
            overspeed=over,
        )

    def share(self) -> Array:
        """Of its way that each robot has gone, (E,); 0 of a robot that roams."""
        return np.clip(self.tally.way / self._whole_way, 0.0, 1.0)

    def summary(self, row: int, end: int) -> dict[str, float | str | bool]:
        """The finished episode of robot `row` in figures, for logs and tables."""
        scenario = self.scenarios[row]
        if scenario is None:
            raise RuntimeError(f"robot {row} has not been reset")
        t = self.tally
        seconds = float(self.tally.steps[row]) * self.control_step
        weight = (self.spec.mass + float(scenario.values["payload"][0])) * 9.81
        # The way along the slope's own line, so that cost of transport does not depend on how "far"
        # is counted.
        figures: dict[str, float | str | bool] = {
            "end": ENDS[end],
            "is_success": end == 1,
            "return": float(t.reward[row]),
            "seconds": seconds,
            "speed": float(t.way[row]) / seconds,
            "cost_of_transport": float(t.energy[row]) / (weight * max(float(t.way[row]), 0.1)),
            "peak_pitch_rate": float(t.pitch_rate[row]),
            "peak_jolt": float(t.jolt[row]),
            "share": float(self.share()[row]),
            "riser": scenario.stairs.riser,
            "direction": scenario.stairs.direction,
        }
        return figures | {
            f"reward/{name}": float(value)
            for name, value in zip(rewards.names(self.spec.rewards), t.terms[row], strict=True)
        }
