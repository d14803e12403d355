"""A legged robot's controller: a trot that already walks, and a policy that moves its feet.

`observe` turns sensors into the network's input, `act` the network's output into joint commands.
What must be remembered between steps is in `Memory`, explicitly.

The trot: feet follow strides that give the commanded speed; their heights follow the ground as the
height map shows it, relative to a plane through the ground under the body, and the body is pitched
with that plane. Feet stand vertically below the hips on any slope, which keeps the centre of mass
over the support. The policy adds a displacement to each foot and shifts the frequency.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from envs.programs import gait, leg, mirror
from envs.programs.height_map import HeightMap
from envs.programs.joint_order import inverse, reorder
from envs.programs.observation import LIMIT, Term, action_mirror, legged_terms, scales
from envs.programs.sanitize import sound
from envs.programs.sensors import MAP_X_COUNT, JointCommand, Sensors
from envs.robots.spec import RobotSpec

LARGEST = 1e6
"""Readings are clipped to +-LARGEST, far beyond what a sensor can mean: squares stay finite."""


class Memory(NamedTuple):
    """What the controller remembers of E robots with L legs and A actions."""

    phase: Tensor
    """Of the gait [cycles], (E,)."""
    action: Tensor
    """The smoothed action, (E, A)."""
    slope: Tensor
    """Of the ground under the body [rise over run], (E,)."""
    height: Tensor
    """Of the plane under the base's origin, above it (so negative) [m], (E,)."""
    target: Tensor
    """Joint positions of the last command [rad], (E, J)."""
    foothold: Tensor
    """Height of each foot's last foothold over the plane [m], (E, L)."""
    ground: Tensor
    """The height map without holes [m], (E, X, Y)."""
    up: Tensor
    """Unit vector against gravity, base frame, (E, 3)."""
    rates: Tensor
    """Angular velocity of the base in the base frame [rad/s], (E, 3)."""
    command: Tensor
    """Forward speed [m/s], yaw rate [rad/s], as they are followed, (E, 2)."""
    feet: Tensor
    """Centres of the feet in the level frame [m], (E, L, 3)."""
    swung: Tensor
    """Which feet swung in the last step, (E, L)."""
    velocity: Tensor
    """Of the base in the level frame as the standing legs tell it, smoothed [m/s], (E, 3)."""


def terms(spec: RobotSpec) -> tuple[Term, ...]:
    """The observation's table for `spec`."""
    return legged_terms(spec.legs.opposite, MAP_X_COUNT // 2 + 1, spec.trot.look_ahead)


def action_size(spec: RobotSpec) -> int:
    """Number of elements of an action: x, y, z of each foot, and the frequency."""
    return 3 * len(spec.legs.names) + 1


class Controller(nn.Module):
    """The controller of one legged robot; buffers only, nothing is learned here."""

    hip: Tensor
    abduction: Tensor
    lower: Tensor
    upper: Tensor
    peak: Tensor
    stance: Tensor
    kp: Tensor
    kd: Tensor
    below_y: Tensor
    offsets: Tensor
    foot_range: Tensor
    ramp: Tensor
    scale: Tensor
    observation_order: Tensor
    observation_sign: Tensor
    action_order: Tensor
    action_sign: Tensor

    def __init__(self, spec: RobotSpec) -> None:
        super().__init__()
        legs = spec.legs
        trot = spec.trot
        leg_order = spec.leg_order
        self.joints = len(spec.joint_names)
        self.legs = len(legs.names)
        self.actions = action_size(spec)
        self.to_legs = reorder(leg_order)
        self.to_motors = reorder(inverse(leg_order))
        self.thigh = legs.thigh
        self.calf = legs.calf
        self.foot_radius = legs.foot_radius
        self.stand_height = spec.stand_height
        self.support = trot.support * spec.mass * 9.81
        # TorchScript sees attributes, not a module's globals.
        self.base_frequency = trot.frequency
        self.frequency_range = trot.frequency_range
        self.control_step = spec.control_step
        self.duty = trot.duty
        self.max_target_speed = trot.max_target_speed
        self.shift = trot.shift
        self.smoothing = trot.action_smoothing
        self.rise = trot.rise
        self.look_near, self.look_far = trot.look_ahead
        self.level_gain = trot.level_gain
        self.level_damping = trot.level_damping
        self.odometry_smoothing = spec.control_step / trot.odometry_time
        self.odometry_limit = trot.odometry_limit
        self.clearance = trot.clearance
        self.max_pitch = trot.max_pitch
        self.slope_smoothing = spec.control_step / trot.slope_time
        self.limit = LIMIT
        self.largest = LARGEST
        table = terms(spec)
        self.observations = sum(term.size for term in table)
        self.map = HeightMap()
        self.steepest = math.tan(trot.max_pitch)

        def by_legs(values: tuple[float, ...]) -> tuple[float, ...]:
            return tuple(values[joint] for joint in leg_order)

        for name, values in (
            ("hip", legs.hip_in_base),
            ("abduction", legs.abduction),
            ("lower", by_legs(spec.lower)),
            ("upper", by_legs(spec.upper)),
            ("peak", by_legs(spec.torque_limit)),
            ("stance", by_legs(spec.stance)),
            # Gains go out as they are, in the order of the motors.
            ("kp", spec.kp),
            ("kd", spec.kd),
            ("offsets", trot.offsets),
            ("foot_range", trot.foot_range),
            ("ramp", tuple(spec.control_step * limit for limit in trot.command_ramp)),
        ):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32))
        # For the numpy twin, which reads the controller's figures by their names.
        self.register_buffer("leg_order", torch.tensor(leg_order))
        self.register_buffer(
            "below_y", self.hip[:, 1] + self.abduction * (1 + trot.widen / self.abduction.abs())
        )
        seen = mirror.tensors(mirror.join(*(term.mirror for term in table)))
        done = mirror.tensors(action_mirror(legs.opposite))
        for name, (order, sign) in (("observation", seen), ("action", done)):
            self.register_buffer(f"{name}_order", order)
            self.register_buffer(f"{name}_sign", sign)
        self.register_buffer("scale", scales(table))

    @torch.jit.export
    def start(self, count: int) -> Memory:
        """Memory of `count` robots that have just been switched on."""
        z = torch.zeros(count)
        ground = torch.full((count, self.map.x_count, self.map.y_count), -self.stand_height)
        up = torch.tensor([0.0, 0.0, 1.0]).expand(count, 3)
        return Memory(
            phase=z,
            action=torch.zeros(count, self.actions),
            slope=z,
            height=z - self.stand_height,
            target=self.stance.expand(count, -1),
            foothold=torch.zeros(count, self.legs),
            ground=ground,
            up=up,
            rates=torch.zeros(count, 3),
            command=torch.zeros(count, 2),
            feet=self._feet_in_level(self.stance.expand(count, -1), up),
            swung=torch.ones(count, self.legs, dtype=torch.bool),
            velocity=torch.zeros(count, 3),
        )

    @torch.jit.export
    def observe(self, sensors: Sensors, memory: Memory) -> tuple[Tensor, Memory]:
        """Observation (E, N) of `sensors`, and the memory with what was seen."""
        target = self.to_motors(memory.target)
        sensors = sound(sensors=sensors, up=memory.up, target=target, largest=self.largest)
        position = self.to_legs(sensors.joint_position)
        command = memory.command + torch.clamp(
            sensors.command - memory.command, -self.ramp, self.ramp
        )
        up = -sensors.gravity_in_base
        feet = self._feet_in_level(position, up)
        stands = self._standing(memory)
        ground = self.map.fill(sensors.height_map, *self._plane_through_feet(feet, stands))
        height, slope = self.map.plane(ground)
        slope = memory.slope + self.slope_smoothing * (slope - memory.slope)
        x = feet[..., 0]
        y = feet[..., 1]
        z = feet[..., 2] - self.foot_radius
        velocity = self._odometry(feet, stands, memory)
        ahead = torch.cat([x, x + self.look_near, x + self.look_far], 1)
        at_feet = self.map.at(ground, ahead, torch.cat([y, y, y], 1))
        angle = 2 * math.pi * memory.phase
        terms = [
            sensors.gravity_in_base,
            sensors.angular_velocity_base_in_base,
            command,
            position - self.stance,
            self.to_legs(sensors.joint_velocity),
            memory.action,
            velocity,
            torch.stack([torch.sin(angle), torch.cos(angle)], 1),
            slope.unsqueeze(1),
            memory.foothold,
            (ground[:, ::2, 1::2] - height[:, None, None]).flatten(1),
            (-height - self.stand_height).unsqueeze(1),
            torch.cat([z, z, z], 1) - at_feet,
        ]
        observation = torch.clamp(torch.cat(terms, 1) * self.scale, -self.limit, self.limit)
        observation = mirror.shown(
            values=observation,
            order=self.observation_order,
            sign=self.observation_sign,
            mirrored=self.mirrored(memory),
        )
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
        return observation, seen

    @torch.jit.export
    def act(self, action: Tensor, memory: Memory) -> tuple[JointCommand, Memory]:
        """Joint commands for one control step, and the memory after it. `action` (E, A) in -1..1:
        x, y, z of each foot, then frequency.
        """
        action = mirror.shown(
            values=action,
            order=self.action_order,
            sign=self.action_sign,
            mirrored=self.mirrored(memory),
        )
        pace = self._pace(memory.command)
        # A robot that is told to stand stops its clock, puts its feet down where they are, and
        # keeps them there: what the network sees is noise then, and it would shuffle.
        action = memory.action + self.smoothing * pace * (action - memory.action)
        frequency = self.base_frequency + self.frequency_range * action[:, -1]
        phase = torch.remainder(memory.phase + self.control_step * frequency * pace[:, 0], 1.0)
        swings, swing, stance = gait.progress(phase, self.offsets, self.duty)
        swings = swings & (pace > 0)
        pitch = torch.clamp(torch.atan(memory.slope), -self.max_pitch, self.max_pitch).unsqueeze(1)
        residual = action[:, :-1].reshape(-1, self.legs, 3) * self.foot_range
        stride_x, stride_y = self._stride(memory.command, frequency)
        along = gait.travel(swings, swing, stance)
        middle_x = self.hip[:, 0] * torch.cos(pitch) + self.shift + residual[..., 0]
        y = self.below_y + residual[..., 1] + stride_y * along
        x = middle_x + stride_x * along
        # While a foot swings from -S/2 to +S/2 the body goes on by S: over the ground its way is 2
        # S long.
        ratio = (1 - self.duty) / self.duty
        left_at = middle_x - stride_x * (0.5 + ratio * swing)
        way = (1 + ratio) * stride_x * swings
        here = torch.where(swings, left_at, x)
        points = torch.cat([here + way * (k / 3) for k in range(4)], 1)
        over_plane = (
            self.map.at(memory.ground, points, torch.cat([y, y, y, y], 1))
            - memory.height.unsqueeze(1)
            - memory.slope.unsqueeze(1) * points
        )
        over_plane = over_plane.reshape(-1, 4, self.legs)
        landing = over_plane[:, 3]
        foothold = torch.where(memory.swung & ~swings, landing, memory.foothold)
        apex = torch.maximum(over_plane.amax(1), foothold) + self.clearance * pace
        rise = torch.where(
            swings,
            gait.lift(swing=swing, start=foothold, apex=apex, end=landing, rise=self.rise),
            foothold,
        )
        z = (
            memory.slope.unsqueeze(1) * x
            + rise
            + self.foot_radius
            - self.stand_height
            + residual[..., 2]
            + self._levelling(memory, pitch)
        )
        # The body is meant to be pitched with the ground: feet seen from such a body.
        sine = torch.sin(pitch)
        cosine = torch.cos(pitch)
        foot = torch.stack([x * cosine + z * sine, y, z * cosine - x * sine], -1) - self.hip
        target = leg.joint_position(
            foot=foot, abduction=self.abduction, thigh=self.thigh, calf=self.calf
        ).flatten(1)
        target = torch.clamp(target, self.lower, self.upper)
        share = torch.where(swings, 1 - pace, torch.ones_like(x))
        force = self.support * share / share.sum(1, keepdim=True)
        torque = leg.support_torque(
            joints=target.reshape(-1, self.legs, 3),
            up=memory.up,
            force=force,
            abduction=self.abduction,
            thigh=self.thigh,
            calf=self.calf,
        ).flatten(1)
        torque = torch.clamp(torque, -self.peak, self.peak)
        velocity = torch.clamp(
            (target - memory.target) / self.control_step,
            -self.max_target_speed,
            self.max_target_speed,
        )
        command = JointCommand(
            position=self.to_motors(target),
            velocity=self.to_motors(velocity),
            torque=self.to_motors(torque),
            kp=self.kp.expand_as(target),
            kd=self.kd.expand_as(target),
        )
        m = memory
        return command, Memory(
            phase=phase,
            action=action,
            slope=m.slope,
            height=m.height,
            target=target,
            foothold=foothold,
            ground=m.ground,
            up=m.up,
            rates=m.rates,
            command=m.command,
            feet=m.feet,
            swung=swings,
            velocity=m.velocity,
        )

    def _plane_through_feet(self, feet: Tensor, stands: Tensor) -> tuple[Tensor, Tensor]:
        """Height under the base's origin [m] and slope [rise over run] of the line that the
        standing feet are on, each (E,): what a robot without a map feels.
        """
        x, z = feet[..., 0], feet[..., 2] - self.foot_radius
        count = stands.sum(1)
        middle = (x * stands).sum(1) / count
        level = (z * stands).sum(1) / count
        away = (x - middle.unsqueeze(1)) * stands
        # Feet that are nearly under each other tell nothing of the slope.
        slope = (away * z).sum(1) / torch.clamp((away * away).sum(1), min=0.01)
        slope = torch.clamp(slope, -self.steepest, self.steepest)
        return level - slope * middle, slope

    def _standing(self, memory: Memory) -> Tensor:
        """1 for the feet that stand, 0 for those that swing, (E, L); before the first step all
        stand.
        """
        swung = memory.swung & ~memory.swung.all(1, keepdim=True)
        return (~swung).to(memory.phase.dtype)

    def _odometry(self, feet: Tensor, stands: Tensor, memory: Memory) -> Tensor:
        """Velocity of the base in the level frame, smoothed [m/s], (E, 3): a standing foot stays
        where it is, so the body goes where its feet come from.
        """
        stands = stands.unsqueeze(-1)
        speed = (memory.feet - feet) / self.control_step
        velocity = (speed * stands).sum(1) / stands.sum(1)
        velocity = torch.clamp(velocity, -self.odometry_limit, self.odometry_limit)
        return memory.velocity + self.odometry_smoothing * (velocity - memory.velocity)

    @torch.jit.export
    def mirrored(self, memory: Memory) -> Tensor:
        """Whether the network sees a robot in the mirror, and acts so: in the second half of the
        gait's phase, (E, 1).
        """
        return (memory.phase >= 0.5).unsqueeze(1)

    def _stride(self, command: Tensor, frequency: Tensor) -> tuple[Tensor, Tensor]:
        """Way of each foot in one stance [m], (E, L), forward and to the left: the commanded twist
        at the hip times half a period.
        """
        duration = (self.duty / frequency).unsqueeze(1)
        speed = command[:, :1]
        yaw = command[:, 1:2]
        return (speed - yaw * self.below_y) * duration, yaw * self.hip[:, 0] * duration

    def _levelling(self, memory: Memory, pitch: Tensor) -> Tensor:
        """Lifts [m], (E, L), that stretch the legs on the low side of a body that is tilted, or
        tilts, away from the ground's pitch.
        """
        lean = self.level_gain * memory.up[:, 1:2] + self.level_damping * memory.rates[:, 0:1]
        nose = (
            self.level_gain * (memory.up[:, 0:1] - torch.sin(pitch))
            - self.level_damping * memory.rates[:, 1:2]
        )
        return lean * self.below_y + nose * self.hip[:, 0]

    def _pace(self, command: Tensor) -> Tensor:
        """0 for a robot that is told to stand, 1 for one that is told to walk, (E, 1)."""
        return torch.clamp((command[:, :1].abs() + 0.3 * command[:, 1:2].abs()) / 0.1, 0.0, 1.0)

    def _feet_in_level(self, joint_position: Tensor, up: Tensor) -> Tensor:
        """Centres of the feet in the level frame [m], (E, L, 3)."""
        joints = joint_position.reshape(-1, self.legs, 3)
        feet = (
            leg.foot_position(
                joints=joints, abduction=self.abduction, thigh=self.thigh, calf=self.calf
            )
            + self.hip
        )
        ux = up[:, 0:1]
        uy = up[:, 1:2]
        uz = up[:, 2:3]
        across = torch.sqrt(torch.clamp(uy * uy + uz * uz, min=1e-6))
        ly, lz = uz / across, -uy / across
        fx = ly * uz - lz * uy
        fy = lz * ux
        fz = -ly * ux
        x = feet[..., 0]
        y = feet[..., 1]
        z = feet[..., 2]
        return torch.stack(
            [x * fx + y * fy + z * fz, y * ly + z * lz, x * ux + y * uy + z * uz], -1
        )
