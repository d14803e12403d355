"""Tracks as rows of driven wheels, because Bullet has no moving contact surface.

The drive's gear ratio is so high that the ground cannot turn it back: the motor's torque speeds up
its own rotor, and every wheel is held to the speed of its belt whatever the load. Bullet's own
joint motors could do that, at two thirds of the time of a step. Here each wheel gets the torque
that brings it to the belt's speed within one physics step, plus what the ground took from it in the
last one:

    torque' = torque + inertia / step (wanted - 2 speed + speed of the step before)

A steady load therefore leaves no error: a robot with its brakes on does not creep. Wheels share an
axle with flippers that are lighter than all of their wheels together, and a torque that answers to
a flipper's own turning would shake it. Speeds are therefore those about the world's pitch axis, and
the hull's pitch rate is followed with a lag.
"""

import numpy as np
from numpy.typing import NDArray

from envs.robots.tracks import TrackGeometry

Array = NDArray[np.float64]

FOLLOWING = 0.3
"""Share of a change of the hull's pitch rate that the wheels follow in each physics step."""


class TrackModel:
    """The tracks of one robot, as rows of W wheels.

    Args:
        tracks: the geometry of the tracks.
        step: physics step [s].

    Attributes:
        wheels: joints of the wheels, (W,), flipper by flipper from the axis to the tip.
        rotors: inertia to add to each wheel [kg m2]: its share of the drive's rotor. Without it
            Bullet's solver lets wheels slip, and a robot cannot turn.
        speed, angle: speed and angle of each track's sprocket [rad/s, rad], (T,).
        load: load of the wheels on each sprocket in the last physics step [N m], (T,).
    """

    def __init__(self, tracks: TrackGeometry, step: float) -> None:
        side = [
            [flipper.endswith(track.removesuffix("_track")) for track in tracks.tracks].index(True)
            for flipper in tracks.names
        ]
        radius = np.tile(
            np.linspace(tracks.radius, tracks.tip_radius, tracks.wheels), len(tracks.names)
        )
        self.wheels = [
            f"{flipper}_wheel_{k}" for flipper in tracks.names for k in range(tracks.wheels)
        ]
        self.rotors: list[float] = (tracks.wheel_inertia * radius**2).tolist()
        self._track = np.repeat(side, tracks.wheels)
        self._ratio = tracks.radius / radius
        self._gain = (tracks.wheel_inertia + 0.5 * tracks.wheel_mass) * radius**2 / step
        self._step = step
        self._inertia = tracks.drive_inertia
        self.speed, self.angle, self.load = np.zeros((3, len(tracks.tracks)))
        self._pitch = 0.0
        self._torque, self._before = np.zeros((2, len(self.wheels)))

    def reset(self) -> None:
        """Bring the tracks to rest."""
        self.speed[:] = 0.0
        self.angle[:] = 0.0
        self.load[:] = 0.0
        self._pitch = 0.0
        self._torque[:] = 0.0
        self._before = np.zeros(len(self.wheels))

    def drive(self, torque: list[float], pitch: float, spins: Array) -> Array:
        """Torques of the wheels for one physics step [N m], (W,).

        Args:
            torque: torques of the motors on the sprockets [N m], (T,).
            pitch: pitch rate of the hull [rad/s].
            spins: rates of the wheels in the same frame [rad/s], (W,).
        """
        self.speed += np.array(torque) * (self._step / self._inertia)
        self.angle = (self.angle + self.speed * self._step + np.pi) % (2 * np.pi) - np.pi
        self._pitch += FOLLOWING * (pitch - self._pitch)
        wanted = self.speed[self._track] * self._ratio + self._pitch
        self._torque += self._gain * (wanted - 2 * spins + self._before)
        self._before = spins
        self.load = np.bincount(self._track, self._torque * self._ratio).astype(np.float64)
        return self._torque

    def state(self) -> list[tuple[float, float]]:
        """Angle in -pi..pi [rad] and speed [rad/s] of each sprocket."""
        return list(zip(self.angle.tolist(), self.speed.tolist(), strict=True))
