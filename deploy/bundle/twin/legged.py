"""The twin of a legged robot's controller, with L legs."""

from typing import Any

import numpy as np

from deploy.bundle.twin.parts import Array, Commands, Figures, filled

PI = float(np.pi)


class Twin(Figures):
    """Call `reset` once, then `step` once a control period."""

    def reset(self) -> None:
        """Forget everything: the robot has just been switched on."""
        legs = len(self.array["hip"])
        self.phase: np.floating[Any] = np.float32(0)
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
    ) -> Commands:
        """Commands for one reading: gravity (3,), rates (3,), positions (J,), velocities (J,),
        command (2,), map (X, Y) with NaN where nothing is seen.
        """
        self.up = -self.sound(gravity_in_base, -self.up)
        self.rates = self.sound(angular_velocity_base_in_base, 0.0)
        ramp = self.array["ramp"]
        self.command = self.command + np.clip(self.sound(command, 0.0) - self.command, -ramp, ramp)
        order = self.array["leg_order"]
        observation = self._observe(
            position=self.sound(joint_position[order], self.target),
            velocity=self.sound(joint_velocity[order], 0.0),
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
        clearance = [z - n["foot_radius"] - self._ground_at(x + ahead, y) for ahead in aheads]
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

    def _act(self) -> Commands:
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
        return Commands(
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
            [self._ground_at(point, y) - self.height - self.slope * point for point in points]
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

    def _ground_at(self, x: Array, y: Array) -> Array:
        """Bilinear height at points of the level frame [m], (P,); points outside are moved to the
        border.
        """
        n = self.number
        (rows, columns) = self.ground.shape
        u = np.clip((x - n["map.x_start"]) / n["map.x_step"], 0.0, rows - 1.001)
        v = np.clip((y - n["map.y_start"]) / n["map.y_step"], 0.0, columns - 1.001)
        i, j = u.astype(int), v.astype(int)
        u = u - i
        v = v - j
        g = self.ground
        return (g[i, j] * (1 - v) + g[i, j + 1] * v) * (1 - u) + (
            g[i + 1, j] * (1 - v) + g[i + 1, j + 1] * v
        ) * u


def line_through(x: Array, z: Array, steepest: float, at: Array) -> Array:
    """Height [m] at the points `at` of the line through feet at x and z [m], (K,) each; no steeper
    than `steepest`.
    """
    away = x - x.mean()
    slope = np.clip((away * z).sum() / max((away**2).sum(), 0.01), -steepest, steepest)
    return z.mean() + slope * (at - x.mean())


def cycle(phase: np.floating[Any], offsets: Array, duty: float) -> tuple[Array, Array, Array]:
    """Of each leg, (L,): whether it swings, the share of its swing that is done, the share of its
    stance.
    """
    leg = np.remainder(phase + offsets, np.float32(1))
    swings = leg < 1 - duty
    return (
        swings,
        np.where(swings, leg / (1 - duty), 0.0),
        np.where(swings, 0.0, (leg - 1 + duty) / duty),
    )


def feet_below_hips(joints: Array, abduction: Array, thigh: float, calf: float) -> Array:
    """Hip joint to foot in the base frame [m], (L, 3), of joint positions (L, 3) [rad]."""
    hip = joints[:, 0]
    upper = joints[:, 1]
    lower = joints[:, 1] + joints[:, 2]
    x, z = (
        -thigh * np.sin(upper) - calf * np.sin(lower),
        -thigh * np.cos(upper) - calf * np.cos(lower),
    )
    return np.stack(
        [x, abduction * np.cos(hip) - z * np.sin(hip), abduction * np.sin(hip) + z * np.cos(hip)],
        -1,
    )


def in_level_frame(points: Array, up: Array) -> tuple[Array, Array, Array]:
    """x, y, z of points (L, 3) of the base frame, in the frame with the same heading and a vertical
    z.
    """
    left = np.array([0, up[2], -up[1]], np.float32) / np.sqrt(
        np.maximum(up[1] ** 2 + up[2] ** 2, np.float32(1e-6))
    )
    return points @ np.cross(left, up), points @ left, points @ up


def leg_joints(foot: Array, abduction: Array, thigh: float, calf: float) -> Array:
    """Joint positions (L, 3) [rad] that put feet at `foot` (L, 3) [m] below their hip joints, knees
    back; out of reach, stretched or folded towards it.
    """
    x = foot[:, 0]
    y = foot[:, 1]
    z = foot[:, 2]
    depth = np.sqrt(np.maximum(y**2 + z**2 - abduction**2, 1e-4))
    hip = np.arctan2(abduction * z + depth * y, abduction * y - depth * z)
    knee = -np.arccos(
        np.clip((x**2 + depth**2 - thigh**2 - calf**2) / (2 * thigh * calf), -0.9999, 0.9999)
    )
    upper = -np.arctan2(x, depth) - np.arctan2(calf * np.sin(knee), thigh + calf * np.cos(knee))
    return np.stack([hip, upper, knee], -1)


def jacobian(joints: Array, abduction: Array, thigh: float, calf: float) -> Array:
    """How a foot moves [m] as each joint turns [rad], (L, 3 joints, 3 axes of the base frame)."""
    hip = joints[:, 0]
    upper = joints[:, 1]
    lower = joints[:, 1] + joints[:, 2]
    foot = feet_below_hips(joints=joints, abduction=abduction, thigh=thigh, calf=calf)
    zero = np.zeros_like(hip)
    # A turn about x moves (y, z); a turn about the leg's own y axis moves x, and what is down in
    # the leg's plane.
    by_hip = np.stack([zero, -foot[:, 2], foot[:, 1]], -1)
    calf_x = -calf * np.sin(lower)
    calf_z = -calf * np.cos(lower)
    x, z = calf_x - thigh * np.sin(upper), calf_z - thigh * np.cos(upper)
    by_thigh = np.stack([z, x * np.sin(hip), -x * np.cos(hip)], -1)
    by_calf = np.stack([calf_z, calf_x * np.sin(hip), -calf_x * np.cos(hip)], -1)
    return np.stack([by_hip, by_thigh, by_calf], 1)
