"""The twin of a legged robot's controller, with L legs."""

import numpy as np

from deploy.bundle.twin.leg import (
    cycle,
    feet_below_hips,
    in_level_frame,
    jacobian,
    leg_joints,
    line_through,
)
from deploy.bundle.twin.parts import Array, NumpyController, between, filled
from deploy.runtime.link import MotorCommand

PI = float(np.pi)


class LeggedTwin(NumpyController):
    """Call `reset` once, then `step` once a control period."""

    def reset(self) -> None:
        """Forget everything: the robot has just been switched on."""
        legs = len(self.array["hip"])
        self.phase: np.float32 = np.float32(0)
        self.slope = np.float32(0)
        self.height = np.float32(-self.number["stand_height"])
        self.action = np.zeros(3 * legs + 1, np.float32)
        self.foothold = np.zeros(legs, np.float32)
        self.target = self.array["stance"]
        self.up = np.array([0, 0, 1], np.float32)
        self.swung = np.ones(legs, dtype=bool)
        self.command = np.zeros(2, np.float32)
        self.feet = np.stack(self._feet(self.target))
        self.velocity = np.zeros(3, np.float32)

    def step(
        self,
        gravity_in_base: Array,
        angular_velocity_base_in_base: Array,
        joint_position: Array,
        joint_velocity: Array,
        command: Array,
        height_map: Array,
    ) -> MotorCommand:
        """The command for one reading: gravity (3,), rates (3,), positions (J,), velocities (J,),
        command (2,), map (X, Y) with NaN where nothing is seen.
        """
        self.up = -self.sanitized(gravity_in_base, -self.up)
        self.rates = self.sanitized(angular_velocity_base_in_base, 0.0)
        ramp = self.array["ramp"]
        self.command = self.command + np.clip(
            self.sanitized(command, 0.0) - self.command, -ramp, ramp
        )
        order = self.array["leg_order"]
        observation = self._observe(
            position=self.sanitized(joint_position[order], self.target),
            velocity=self.sanitized(joint_velocity[order], 0.0),
            height_map=height_map,
        )
        # The network sees, and acts for, the robot's mirror image in the second half of the gait.
        action = self.answer(observation, mirrored=bool(self.phase >= 0.5))
        self.action = self.action + np.float32(self.number["smoothing"] * self._pace()) * (
            action - self.action
        )
        return self._act()

    def _observe(self, position: Array, velocity: Array, height_map: Array) -> Array:
        n, a = self.number, self.array
        feet = np.stack(self._feet(position))
        stands = ~self.swung | self.swung.all()
        self.ground = filled(
            height_map,
            line_through(
                x=feet[0, stands],
                z=feet[2, stands] - n["foot_radius"],
                steepest=n["steepest"],
                at=a["map.x"],
            ),
        )
        self.height = (self.ground * a["map.mean_weight"]).sum()
        self.slope = self.slope + n["slope_smoothing"] * (
            (self.ground * a["map.slope_weight"]).sum() - self.slope
        )
        speed = ((self.feet - feet) / n["control_step"])[:, stands].mean(1)
        self.velocity = self.velocity + n["odometry_smoothing"] * (
            np.clip(speed, -n["odometry_limit"], n["odometry_limit"]) - self.velocity
        )
        self.feet = feet
        x, y, z = feet
        aheads = (0.0, n["look_near"], n["look_far"])
        clearance = [z - n["foot_radius"] - self._ground_below(x + ahead, y) for ahead in aheads]
        angle = 2 * PI * self.phase
        terms = (
            -self.up,
            self.rates,
            self.command,
            position - a["stance"],
            velocity,
            self.action,
            self.velocity,
            [np.sin(angle), np.cos(angle), self.slope],
            self.foothold,
            (self.ground[::2, 1::2] - self.height).ravel(),
            [-self.height - n["stand_height"]],
            *clearance,
        )
        return np.clip(
            np.concatenate(terms).astype(np.float32) * a["scale"], -n["limit"], n["limit"]
        )

    def _feet(self, position: Array) -> tuple[Array, Array, Array]:
        """x, y, z of the feet in the level frame [m], (L,) each."""
        hips = feet_below_hips(
            joints=position.reshape(-1, 3),
            abduction=self.array["abduction"],
            thigh=self.number["thigh"],
            calf=self.number["calf"],
        )
        return in_level_frame(hips + self.array["hip"], self.up)

    def _act(self) -> MotorCommand:
        n, a = self.number, self.array
        frequency = n["base_frequency"] + n["frequency_range"] * self.action[-1]
        self.phase = np.remainder(
            self.phase + n["control_step"] * frequency * self._pace(), np.float32(1)
        )
        swings, swing, stance = cycle(self.phase, a["offsets"], n["duty"])
        swings = swings & (self._pace() > 0)
        pitch = np.clip(np.arctan(self.slope), -n["max_pitch"], n["max_pitch"])
        aside = a["below_y"]
        residual = self.action[:-1].reshape(-1, 3) * a["foot_range"]
        speed, yaw = self.command
        duration = n["duty"] / frequency
        stride_x = (speed - yaw * aside) * duration
        stride_y = yaw * a["hip"][:, 0] * duration
        along = np.where(swings, -0.5 * np.cos(PI * swing), 0.5 - stance)
        middle = a["hip"][:, 0] * np.cos(pitch) + n["shift"] + residual[:, 0]
        x, y = middle + stride_x * along, aside + residual[:, 1] + stride_y * along
        rise = self._rise(swings, swing, x, y, middle, stride_x)
        z = (
            self.slope * x
            + rise
            + n["foot_radius"]
            - n["stand_height"]
            + residual[:, 2]
            + self._levelling(pitch)
        )
        foot = (
            np.stack(
                [x * np.cos(pitch) + z * np.sin(pitch), y, z * np.cos(pitch) - x * np.sin(pitch)],
                -1,
            )
            - a["hip"]
        )
        wanted = leg_joints(
            foot=foot, abduction=a["abduction"], thigh=n["thigh"], calf=n["calf"]
        ).ravel()
        target = np.clip(wanted, a["lower"], a["upper"]).astype(np.float32)
        velocity = np.clip(
            (target - self.target) / n["control_step"],
            -n["max_target_speed"],
            n["max_target_speed"],
        )
        self.target = target
        return MotorCommand(
            position=self._in_motor_order(target),
            velocity=self._in_motor_order(velocity.astype(np.float32)),
            torque=self._in_motor_order(self._support(target, swings)),
            kp=a["kp"],
            kd=a["kd"],
        )

    def _in_motor_order(self, by_legs: Array) -> Array:
        values = np.empty_like(by_legs)
        values[self.array["leg_order"]] = by_legs
        return values

    def _rise(
        self, swings: Array, swing: Array, x: Array, y: Array, middle: Array, stride: Array
    ) -> Array:
        """Heights of the feet over the plane, (L,) [m], and the memory of where they last stood."""
        n = self.number
        ratio = (1 - n["duty"]) / n["duty"]
        start = np.where(swings, middle - stride * (0.5 + ratio * swing), x)
        way = np.where(swings, (1 + ratio) * stride, 0.0)
        points = [start + way * (k / 3) for k in range(4)]
        over = np.stack(
            [self._ground_below(point, y) - self.height - self.slope * point for point in points]
        )
        self.foothold = np.where(self.swung & ~swings, over[3], self.foothold).astype(np.float32)
        self.swung = swings
        apex = np.maximum(over.max(0), self.foothold) + n["clearance"] * self._pace()
        near = np.clip(np.minimum(swing, 1 - swing) / n["rise"], 0.0, 1.0)
        side = np.where(swing < 0.5, self.foothold, over[3])
        return np.where(swings, side + (apex - side) * 0.5 * (1 - np.cos(PI * near)), self.foothold)

    def _levelling(self, pitch: Array) -> Array:
        gain = self.number["level_gain"]
        damping = self.number["level_damping"]
        hip = self.array["hip"]
        lean = gain * self.up[1] + damping * self.rates[0]
        nose = gain * (self.up[0] - np.sin(pitch)) - damping * self.rates[1]
        return lean * self.array["below_y"] + nose * hip[:, 0]

    def _support(self, target: Array, swings: Array) -> Array:
        """Feed-forward torques, (J,) [N m]: standing feet press on the ground along gravity, by the
        legs' Jacobian.
        """
        n = self.number
        peak = self.array["peak"]
        share = np.where(swings, 1 - self._pace(), np.float32(1))
        force = n["support"] * share / share.sum()
        axes = jacobian(
            joints=target.reshape(-1, 3),
            abduction=self.array["abduction"],
            thigh=n["thigh"],
            calf=n["calf"],
        )
        torque = -force[:, None] * np.einsum("lij,j->li", axes, self.up)
        return np.clip(torque.ravel(), -peak, peak).astype(np.float32)

    def _pace(self) -> Array:
        speed, yaw = np.abs(self.command)
        return np.clip((speed + 0.3 * yaw) / 0.1, 0.0, 1.0)

    def _ground_below(self, x: Array, y: Array) -> Array:
        """Height of the ground at points of the level frame [m], (P,)."""
        n = self.number
        return between(
            self.ground,
            (x - n["map.x_start"]) / n["map.x_step"],
            (y - n["map.y_start"]) / n["map.y_step"],
        )
