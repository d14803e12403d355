"""The twin of a tracked robot's controller, with F flippers and a track on either side."""

import numpy as np

from deploy.bundle.twin.parts import Array, NumpyController, filled
from deploy.runtime.link import MotorCommand


class TrackedTwin(NumpyController):
    """Call `reset` once, then `step` once a control period."""

    def reset(self) -> None:
        """Forget everything: the robot has just been switched on."""
        self.action = np.zeros_like(self.array["range"])
        self.target = self.array["stance"]
        self.up = np.array([0, 0, 1], np.float32)
        self.side = 1.0

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
        rates = self.sanitized(angular_velocity_base_in_base, 0.0)
        order = self.sanitized(command, 0.0)
        self.slope = self._slope()
        # Without a map the robot feels the plane that its tracks lie on.
        felt = (
            -self.number["radius"] * np.sqrt(1 + self.slope**2) + self.slope * self.array["map.x"]
        )
        halves = _halves(filled(height_map, felt))
        leaning = self._leaning(halves)
        observation = self._observe(
            rates,
            order,
            self.sanitized(joint_position, self.target),
            self.sanitized(joint_velocity, 0.0),
            halves,
            leaning,
        )
        # A robot that is steered to the right is shown, and acts, in the mirror.
        self.side = np.sign(order[1]) if abs(order[1]) > self.number["side_change"] else self.side
        action = self.answer(observation, mirrored=bool(self.side < 0))
        self.action = self.action + self.number["smoothing"] * (action - self.action)
        return self._act(order, leaning)

    def _slope(self) -> Array:
        """Rise over run of the body's own plane."""
        most = self.number["steepest"]
        ahead = self.up[0]
        return np.clip(ahead / np.sqrt(np.maximum(1 - ahead**2, np.float32(1e-6))), -most, most)

    def _observe(
        self,
        rates: Array,
        order: Array,
        position: Array,
        velocity: Array,
        halves: Array,
        leaning: Array,
    ) -> Array:
        n = self.number
        a = self.array
        flippers = len(self.array["axis"])
        angles = position[:flippers]
        turning = velocity[:flippers]
        load = a["kp"][:flippers] * (self.target[:flippers] - angles) - a["kd"][:flippers] * turning
        rims = n["radius"] * velocity[flippers:]
        terms = (
            -self.up,
            rates,
            order,
            angles,
            turning,
            load,
            rims,
            self.action,
            leaning - angles,
            (halves + n["radius"]).ravel(),
        )
        return np.clip(
            np.concatenate(terms).astype(np.float32) * a["scale"], -n["limit"], n["limit"]
        )

    def _act(self, order: Array, leaning: Array) -> MotorCommand:
        n = self.number
        a = self.array
        flippers = len(self.array["axis"])
        front, rear, front_apart, rear_apart, faster, turning = self.action * a["range"]
        lift = np.array(
            [front + front_apart, front - front_apart, rear + rear_apart, rear - rear_apart]
        )
        wanted = np.clip(leaning + lift, a["lower"][0], a["upper"][0])
        way = np.clip(wanted - self.target[:flippers], -n["flipper_step"], n["flipper_step"])
        speeds = self._speeds(order, faster, turning)
        before = self.target
        self.target = np.concatenate([self.target[:flippers] + way, np.zeros_like(speeds)]).astype(
            np.float32
        )
        velocity = np.concatenate(
            [(self.target - before)[:flippers] / n["control_step"], speeds / n["radius"]]
        )
        return MotorCommand(
            position=self.target,
            velocity=velocity.astype(np.float32),
            torque=np.zeros_like(self.target),
            kp=a["kp"],
            kd=a["kd"],
        )

    def _leaning(self, halves: Array) -> Array:
        """Angles of the flippers [rad], (F,), that lie on the ground on their own side, as the
        hand-written schedule has them.
        """
        n, a = self.number, self.array
        pitch = np.arctan(self.slope)
        heights = self._ahead(halves, pitch) - (a["axis"] * np.sin(pitch))[:, None]
        # The tangent from each point to the circle round the axis.
        away = np.sqrt(a["reach"] ** 2 + heights**2)
        tangents = np.arctan2(heights, a["reach"]) + np.arcsin(np.minimum(n["radius"] / away, 1.0))
        press = n["rear_press"] * np.abs(self.slope) * (a["outwards"] < 0)
        return np.clip(
            tangents.max(1) - n["lean"] - a["outwards"] * pitch + a["lift"] - press,
            n["lowest"],
            n["highest"],
        )

    def _ahead(self, halves: Array, pitch: Array) -> Array:
        """Height of the ground outwards of each flipper's axis, on its own side [m], (F, D); far
        below where the map has ended.
        """
        n, a = self.number, self.array
        x = (a["axis"] * np.cos(pitch))[:, None] + a["outwards"][:, None] * a["reach"]
        place = (x - n["x_start"]) / n["x_step"]
        cell = np.clip(place, 0.0, n["x_last"])
        index = cell.astype(int)
        side = np.arange(len(x))[:, None] % 2
        near = halves[side, index]
        far = halves[side, index + 1]
        return np.where(place == cell, near + (far - near) * (cell - index), n["unseen"])

    def _speeds(self, order: Array, faster: Array, turning: Array) -> Array:
        """Speeds of the left and the right track [m/s], (2,)."""
        n = self.number
        (speed, yaw) = order
        pace = np.clip((np.abs(speed) + 0.3 * np.abs(yaw)) / 0.1, 0.0, 1.0)
        slowed = 1 - n["slowing"] * np.minimum(np.abs(yaw) / n["sharp_turn"], 1.0)
        forward = pace * slowed * (speed * np.sqrt(1 + self.slope**2) + faster)
        turn = pace * (yaw * n["turning"] + turning)
        return np.clip(
            np.array([forward - turn, forward + turn], np.float32),
            -n["track_speed"],
            n["track_speed"],
        )


def _halves(ground: Array) -> Array:
    """Mean height of the map's left and right half [m], (2, X)."""
    half = ground.shape[1] // 2
    return np.stack([ground[:, half + 1 :].mean(1), ground[:, :half].mean(1)])
