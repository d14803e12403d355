"""A tracked robot's controller: a schedule that already climbs, and a policy that changes it.

`observe` turns sensor readings into the network's input, `act` the network's output into joint
commands, as for legs. Without a policy the robot drives at the commanded speed, allows for the slip
of its tracks when it turns, and lays its flippers on the ground ahead and behind (`flippers`). The
policy adds to the four angles and the two speeds.

A tracked robot has no gait whose halves mirror each other. Its network is always shown a robot that
is steered to the left: a robot that is steered to the right is shown, and acts, in the mirror
(`envs.programs.mirror`). Each manoeuvre is so learned once instead of twice.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from envs.programs import mirror
from envs.programs.flippers import Flippers
from envs.programs.height_map import HeightMap
from envs.programs.observation import LIMIT, Term, scales
from envs.programs.sanitize import LARGEST, sanitize
from envs.programs.sensors import MAP_X_COUNT, JointCommand, Sensors
from envs.programs.tracked_terms import tracked_terms
from envs.robots.spec import RobotSpec

SIDE_CHANGE = 0.05
"""Yaw rate to the other side at which the network's view changes sides [rad/s].

The view does not flicker while the robot goes straight.
"""


class Memory(NamedTuple):
    """What the controller remembers of E robots."""

    action: Tensor
    """The smoothed action, (E, A)."""
    target: Tensor
    """Joint positions of the last command [rad], (E, J); 0 for the tracks."""
    speed: Tensor
    """Commanded speeds of the tracks, left and right [m/s], (E, 2)."""
    ground: Tensor
    """The height map without holes [m], (E, X, Y)."""
    up: Tensor
    """Unit vector against gravity in the base frame, (E, 3)."""
    command: Tensor
    """The operator's command: forward speed [m/s], yaw rate [rad/s], (E, 2)."""
    side: Tensor
    """Side to which the robot was last steered: 1 for left, -1 for right, (E, 1)."""


class Action(NamedTuple):
    """One element of an action."""

    meaning: str
    """What the element changes, for the data sheet."""
    size: float
    """Change by an action of 1, in `unit`."""
    unit: str
    """Unit of `size`."""
    sign: float
    """Sign of the element in a mirror."""


def action_table(spec: RobotSpec) -> tuple[Action, ...]:
    """The elements of an action of the robot `spec`."""
    lift = spec.schedule.lift_range
    twist = spec.schedule.twist_range
    speed = spec.schedule.speed_range
    front = "more lift of the left front flipper, less of the right one"
    rear = "more lift of the left rear flipper, less of the right one"
    turn = "more speed of the right track, less of the left one"
    return (
        Action(meaning="lift of both front flippers", size=lift, unit="rad", sign=1.0),
        Action(meaning="lift of both rear flippers", size=lift, unit="rad", sign=1.0),
        Action(meaning=front, size=twist, unit="rad", sign=-1.0),
        Action(meaning=rear, size=twist, unit="rad", sign=-1.0),
        Action(meaning="speed of both tracks", size=speed, unit="m/s", sign=1.0),
        Action(meaning=turn, size=speed, unit="m/s", sign=-1.0),
    )


def terms(spec: RobotSpec) -> tuple[Term, ...]:
    """The observation's table for `spec`."""
    signs = tuple(action.sign for action in action_table(spec))
    return tracked_terms(len(spec.tracks.names), MAP_X_COUNT, signs)


class Controller(nn.Module):
    """The controller of one tracked robot; it has buffers only, and nothing to learn."""

    lower: Tensor
    upper: Tensor
    stance: Tensor
    kp: Tensor
    kd: Tensor
    range: Tensor
    scale: Tensor

    def __init__(self, spec: RobotSpec) -> None:
        super().__init__()
        schedule = spec.schedule
        (_, left, _), (_, right, _), *_ = spec.tracks.axis_in_base
        table = terms(spec)
        actions = action_table(spec)
        self.actions = len(actions)
        self.observations = sum(term.size for term in table)
        self.flippers = Flippers(spec)
        self.map = HeightMap()
        self.reflection = mirror.Reflection(
            mirror.join(*(term.mirror for term in table)),
            mirror.signs(*(action.sign for action in actions)),
        )
        # TorchScript sees attributes, not a module's globals.
        self.radius = spec.tracks.radius
        self.stand_height = spec.stand_height
        self.control_step = spec.control_step
        self.limit = LIMIT
        self.largest = LARGEST
        self.side_change = SIDE_CHANGE
        self.smoothing = schedule.action_smoothing
        self.flipper_step = schedule.flipper_speed * spec.control_step
        self.track_speed = schedule.track_speed
        self.turning = 0.5 * (left - right) / schedule.grip
        self.sharp_turn = schedule.sharp_turn
        self.slowing = schedule.slowing
        for name, values in (
            ("lower", spec.lower),
            ("upper", spec.upper),
            ("stance", spec.stance),
            ("kp", spec.kp),
            ("kd", spec.kd),
            ("range", tuple(action.size for action in actions)),
        ):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32))
        self.register_buffer("scale", scales(table))

    @torch.jit.export
    def start(self, count: int) -> Memory:
        """Memory of `count` robots that have just been switched on."""
        return Memory(
            action=torch.zeros(count, self.actions),
            target=self.stance.expand(count, -1),
            speed=torch.zeros(count, 2),
            ground=torch.full((count, self.map.x_count, self.map.y_count), -self.stand_height),
            up=torch.tensor([0.0, 0.0, 1.0]).expand(count, 3),
            command=torch.zeros(count, 2),
            side=torch.ones(count, 1),
        )

    @torch.jit.export
    def observe(self, sensors: Sensors, memory: Memory) -> tuple[Tensor, Memory]:
        """Observation (E, N) of `sensors`, and the updated memory."""
        sensors = sanitize(
            sensors=sensors, up=memory.up, target=memory.target, largest=self.largest
        )
        up = -sensors.gravity_in_base
        slope = self.flippers.slope(up)
        # A robot without a map feels the plane that its tracks lie on.
        ground = self.map.fill(
            sensors.height_map, -self.radius * torch.sqrt(1 + slope * slope), slope
        )
        position = sensors.joint_position[:, : self.flippers.count]
        velocity = sensors.joint_velocity[:, : self.flippers.count]
        target = memory.target[:, : self.flippers.count]
        # The drivers' own control law gives their torque: a flipper feels its load as the distance
        # from its target.
        load = (
            self.kp[: self.flippers.count] * (target - position)
            - self.kd[: self.flippers.count] * velocity
        )
        yaw = sensors.command[:, 1:]
        side = torch.where(yaw.abs() > self.side_change, torch.sign(yaw), memory.side)
        seen = Memory(
            action=memory.action,
            target=memory.target,
            speed=memory.speed,
            ground=ground,
            up=up,
            command=sensors.command,
            side=side,
        )
        terms = [
            sensors.gravity_in_base,
            sensors.angular_velocity_base_in_base,
            sensors.command,
            position,
            velocity,
            load,
            self.radius * sensors.joint_velocity[:, self.flippers.count :],
            memory.action,
            self.flippers.angles(up, ground) - position,
            (self.flippers.profiles(ground) + self.radius).flatten(1),
        ]
        observation = torch.clamp(torch.cat(terms, 1) * self.scale, -self.limit, self.limit)
        return self.reflection.observation(observation, self.mirrored(seen)), seen

    @torch.jit.export
    def act(self, action: Tensor, memory: Memory) -> tuple[JointCommand, Memory]:
        """Joint commands for one control step, and the updated memory.

        The elements of `action` (E, A) in -1..1 are those of `action_table`.
        """
        action = self.reflection.action(action, self.mirrored(memory))
        action = memory.action + self.smoothing * (action - memory.action)
        change = action * self.range
        lifts = torch.stack(
            [
                change[:, 0] + change[:, 2],
                change[:, 0] - change[:, 2],
                change[:, 1] + change[:, 3],
                change[:, 1] - change[:, 3],
            ],
            1,
        )
        wanted = torch.clamp(
            self.flippers.angles(memory.up, memory.ground) + lifts, self.lower[0], self.upper[0]
        )
        last = memory.target[:, : self.flippers.count]
        angles = last + torch.clamp(wanted - last, -self.flipper_step, self.flipper_step)
        speed = self._speeds(memory, change)
        target = torch.cat([angles, torch.zeros_like(speed)], 1)
        velocity = torch.cat([(angles - last) / self.control_step, speed / self.radius], 1)
        command = JointCommand(
            position=target,
            velocity=velocity,
            torque=torch.zeros_like(target),
            kp=self.kp.expand_as(target),
            kd=self.kd.expand_as(target),
        )
        return command, Memory(
            action=action,
            target=target,
            speed=speed,
            ground=memory.ground,
            up=memory.up,
            command=memory.command,
            side=memory.side,
        )

    @torch.jit.export
    def mirrored(self, memory: Memory) -> Tensor:
        """Whether the network sees and moves the robot's mirror image, (E, 1).

        It does while the robot is steered to the right.
        """
        return memory.side < 0

    def _speeds(self, memory: Memory, change: Tensor) -> Tensor:
        """Speeds of the left and the right track [m/s], (E, 2).

        The commanded speed is over the ground as seen from above: a slope is longer. A robot that
        is told to stand brakes.
        """
        speed = memory.command[:, 0]
        yaw = memory.command[:, 1]
        pace = torch.clamp((speed.abs() + 0.3 * yaw.abs()) / 0.1, 0.0, 1.0)
        slope = self.flippers.slope(memory.up)
        slowed = 1 - self.slowing * torch.clamp(yaw.abs() / self.sharp_turn, max=1.0)
        forward = pace * slowed * (speed * torch.sqrt(1 + slope * slope) + change[:, 4])
        turn = pace * (yaw * self.turning + change[:, 5])
        return torch.clamp(
            torch.stack([forward - turn, forward + turn], 1), -self.track_speed, self.track_speed
        )
