"""A legged robot's controller: a trot that already walks, and a policy that moves its feet.

`observe` turns sensor readings into the network's input, `act` the network's output into joint
commands. `Memory` holds explicitly what must be remembered between steps.

The trot: feet follow strides that give the commanded speed. Their heights follow the ground as the
height map shows it, relative to a plane through the ground under the body, and the body is pitched
with that plane. Feet stand vertically below the hips on any slope, which keeps the centre of mass
over the support. The policy adds a displacement to each foot and shifts the frequency.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from envs.programs import mirror
from envs.programs.felt_ground import FeltGround
from envs.programs.height_map import HeightMap
from envs.programs.legged_terms import action_mirror, legged_terms
from envs.programs.legs import Legs
from envs.programs.observation import LIMIT, Term, scales
from envs.programs.sanitize import LARGEST, sanitize
from envs.programs.sensors import MAP_X_COUNT, JointCommand, Sensors
from envs.programs.trot import Trot
from envs.robots.spec import RobotSpec


class Memory(NamedTuple):
    """What the controller remembers of E robots with L legs and A actions."""

    phase: Tensor
    """Phase of the gait [cycles], (E,)."""
    action: Tensor
    """The smoothed action, (E, A)."""
    slope: Tensor
    """Slope of the ground under the body [rise over run], (E,)."""
    height: Tensor
    """Height of the ground plane under the base's origin, above it (so negative) [m], (E,)."""
    target: Tensor
    """Joint positions of the last command [rad], (E, J)."""
    foothold: Tensor
    """Height of each foot's last foothold over the plane [m], (E, L)."""
    ground: Tensor
    """The height map without holes [m], (E, X, Y)."""
    up: Tensor
    """Unit vector against gravity in the base frame, (E, 3)."""
    rates: Tensor
    """Angular velocity of the base in the base frame [rad/s], (E, 3)."""
    command: Tensor
    """The command as it is followed: forward speed [m/s], yaw rate [rad/s], (E, 2)."""
    feet: Tensor
    """Centres of the feet in the level frame [m], (E, L, 3)."""
    swung: Tensor
    """Which feet swung in the last step, (E, L)."""
    velocity: Tensor
    """Smoothed velocity of the base in the level frame from leg odometry [m/s], (E, 3)."""


def terms(spec: RobotSpec) -> tuple[Term, ...]:
    """The observation's table for `spec`."""
    return legged_terms(spec.legs.opposite, MAP_X_COUNT // 2 + 1, spec.trot.look_ahead)


def action_size(spec: RobotSpec) -> int:
    """Number of elements of an action: x, y, z of each foot, and the frequency."""
    return 3 * len(spec.legs.names) + 1


class Controller(nn.Module):
    """The controller of one legged robot; it has buffers only, and nothing to learn."""

    kp: Tensor
    kd: Tensor
    ramp: Tensor
    scale: Tensor

    def __init__(self, spec: RobotSpec) -> None:
        super().__init__()
        trot = spec.trot
        table = terms(spec)
        self.actions = action_size(spec)
        self.observations = sum(term.size for term in table)
        self.legs = Legs(spec)
        self.trot = Trot(spec)
        self.felt = FeltGround(spec)
        self.map = HeightMap()
        self.reflection = mirror.Reflection(
            mirror.join(*(term.mirror for term in table)), action_mirror(spec.legs.opposite)
        )
        # TorchScript sees attributes, not a module's globals.
        self.foot_radius = spec.legs.foot_radius
        self.stand_height = spec.stand_height
        self.control_step = spec.control_step
        self.support = trot.support * spec.mass * 9.81
        self.max_target_speed = trot.max_target_speed
        self.smoothing = trot.action_smoothing
        self.look_near, self.look_far = trot.look_ahead
        self.max_pitch = trot.max_pitch
        self.slope_smoothing = spec.control_step / trot.slope_time
        self.limit = LIMIT
        self.largest = LARGEST
        ramp = tuple(spec.control_step * limit for limit in trot.command_ramp)
        # Gains are commanded as they are, in the order of the motors.
        for name, values in (("kp", spec.kp), ("kd", spec.kd), ("ramp", ramp)):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32))
        self.register_buffer("scale", scales(table))

    @torch.jit.export
    def start(self, count: int) -> Memory:
        """Memory of `count` robots that have just been switched on."""
        zero = torch.zeros(count)
        ground = torch.full((count, self.map.x_count, self.map.y_count), -self.stand_height)
        up = torch.tensor([0.0, 0.0, 1.0]).expand(count, 3)
        stance = self.legs.stance.expand(count, -1)
        return Memory(
            phase=zero,
            action=torch.zeros(count, self.actions),
            slope=zero,
            height=zero - self.stand_height,
            target=stance,
            foothold=torch.zeros(count, self.legs.count),
            ground=ground,
            up=up,
            rates=torch.zeros(count, 3),
            command=torch.zeros(count, 2),
            feet=self.legs.feet_in_level(stance, up),
            swung=torch.ones(count, self.legs.count, dtype=torch.bool),
            velocity=torch.zeros(count, 3),
        )

    @torch.jit.export
    def observe(self, sensors: Sensors, memory: Memory) -> tuple[Tensor, Memory]:
        """Observation (E, N) of `sensors`, and the updated memory."""
        target = self.legs.to_motors(memory.target)
        sensors = sanitize(sensors=sensors, up=memory.up, target=target, largest=self.largest)
        position = self.legs.to_legs(sensors.joint_position)
        command = memory.command + torch.clamp(
            sensors.command - memory.command, -self.ramp, self.ramp
        )
        up = -sensors.gravity_in_base
        feet = self.legs.feet_in_level(position, up)
        stands = self.felt.standing(memory.swung)
        felt_height, felt_slope = self.felt.plane(feet, stands)
        ground = self.map.fill(sensors.height_map, felt_height, felt_slope)
        height, slope = self.map.plane(ground)
        slope = memory.slope + self.slope_smoothing * (slope - memory.slope)
        velocity = self.felt.velocity(
            feet=feet, before=memory.feet, stands=stands, smoothed=memory.velocity
        )
        angle = 2 * math.pi * memory.phase
        terms = [
            sensors.gravity_in_base,
            sensors.angular_velocity_base_in_base,
            command,
            position - self.legs.stance,
            self.legs.to_legs(sensors.joint_velocity),
            memory.action,
            velocity,
            torch.stack([torch.sin(angle), torch.cos(angle)], 1),
            slope.unsqueeze(1),
            memory.foothold,
            (ground[:, ::2, 1::2] - height[:, None, None]).flatten(1),
            (-height - self.stand_height).unsqueeze(1),
            self._over_ground(feet, ground),
        ]
        observation = torch.clamp(torch.cat(terms, 1) * self.scale, -self.limit, self.limit)
        seen = Memory(
            phase=memory.phase,
            action=memory.action,
            slope=slope,
            height=height,
            target=memory.target,
            foothold=memory.foothold,
            ground=ground,
            up=up,
            rates=sensors.angular_velocity_base_in_base,
            command=command,
            feet=feet,
            swung=memory.swung,
            velocity=velocity,
        )
        return self.reflection.observation(observation, self.mirrored(memory)), seen

    @torch.jit.export
    def act(self, action: Tensor, memory: Memory) -> tuple[JointCommand, Memory]:
        """Joint commands for one control step, and the updated memory.

        `action` (E, A) in -1..1 is x, y, z of each foot, then the frequency.
        """
        action = self.reflection.action(action, self.mirrored(memory))
        pace = self._pace(memory.command)
        # A robot that is told to stand stops its clock, puts its feet down where they are, and
        # keeps them there. The network sees only noise then, and would shuffle the feet.
        action = memory.action + self.smoothing * pace * (action - memory.action)
        clock = self.trot.clock(memory.phase, action, pace)
        pitch = torch.clamp(torch.atan(memory.slope), -self.max_pitch, self.max_pitch).unsqueeze(1)
        residual = self.trot.residual(action)
        path = self.trot.path(clock=clock, command=memory.command, residual=residual, pitch=pitch)
        over_plane = self.map.over_plane(
            heights=memory.ground,
            height=memory.height,
            slope=memory.slope,
            x=path.way,
            y=torch.cat([path.y, path.y, path.y, path.y], 1),
        )
        rise, foothold = self.trot.lift(
            clock=clock,
            over_plane=over_plane,
            foothold=memory.foothold,
            swung=memory.swung,
            pace=pace,
        )
        z = (
            memory.slope.unsqueeze(1) * path.x
            + rise
            + self.foot_radius
            - self.stand_height
            + residual[..., 2]
            + self.trot.levelling(memory.up, memory.rates, pitch)
        )
        # The body is meant to be pitched with the ground: the feet are seen from such a body.
        target = self.legs.joints_for(x=path.x, y=path.y, z=z, pitch=pitch)
        command = self._command(target, memory, clock.swings, pace)
        return command, Memory(
            phase=clock.phase,
            action=action,
            slope=memory.slope,
            height=memory.height,
            target=target,
            foothold=foothold,
            ground=memory.ground,
            up=memory.up,
            rates=memory.rates,
            command=memory.command,
            feet=memory.feet,
            swung=clock.swings,
            velocity=memory.velocity,
        )

    @torch.jit.export
    def mirrored(self, memory: Memory) -> Tensor:
        """Whether the network sees and moves the robot's mirror image, (E, 1).

        It does in the second half of the gait's phase.
        """
        return (memory.phase >= 0.5).unsqueeze(1)

    def _command(
        self, target: Tensor, memory: Memory, swings: Tensor, pace: Tensor
    ) -> JointCommand:
        """The command for joint positions `target` [rad], (E, J), in the order of the motors."""
        share = torch.where(swings, 1 - pace, torch.ones_like(memory.foothold))
        force = self.support * share / share.sum(1, keepdim=True)
        torque = self.legs.support(target, memory.up, force)
        velocity = torch.clamp(
            (target - memory.target) / self.control_step,
            -self.max_target_speed,
            self.max_target_speed,
        )
        return JointCommand(
            position=self.legs.to_motors(target),
            velocity=self.legs.to_motors(velocity),
            torque=self.legs.to_motors(torque),
            kp=self.kp.expand_as(target),
            kd=self.kd.expand_as(target),
        )

    def _over_ground(self, feet: Tensor, ground: Tensor) -> Tensor:
        """Height of each foot over the ground below it, then over two points ahead.

        The result is (E, 3 L) [m].
        """
        x = feet[..., 0]
        y = feet[..., 1]
        z = feet[..., 2] - self.foot_radius
        ahead = torch.cat([x, x + self.look_near, x + self.look_far], 1)
        return torch.cat([z, z, z], 1) - self.map.at(ground, ahead, torch.cat([y, y, y], 1))

    def _pace(self, command: Tensor) -> Tensor:
        """0 for robots that are told to stand, 1 for robots that are told to walk, (E, 1)."""
        return torch.clamp((command[:, :1].abs() + 0.3 * command[:, 1:2].abs()) / 0.1, 0.0, 1.0)
