"""What is known of a robot: every figure once, with joints bound by name.

The joint names are in the vendor's motor order, which is stated nowhere else. The simulator, the
controller and the exported bundle look joints up by these names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from envs.robots.handling import Handling
from envs.robots.legs import LegGeometry, TrotGait
from envs.robots.ranges import Randomization
from envs.robots.tracks import FlipperSchedule, TrackGeometry
from envs.robots.weights import RewardWeights

URDF_ROOT = Path(__file__).resolve().parents[2] / "urdf"
"""Folder of the robots' own URDF files."""


@dataclass(frozen=True)
class RobotSpec:
    """One robot. Per-joint tuples follow `joint_names`."""

    name: str
    """Name of the robot, as on the command line."""
    history: tuple[str, ...]
    """What each version of the robot's environment changed, from the first one on.

    A change that can alter learning results adds an entry, and so raises the version of the
    environment's id.
    """
    urdf: Path
    """File of the robot's bodies and joints, with primitives or meshes."""
    joint_names: tuple[str, ...]
    """Joints in the vendor's motor order, whatever it is; the drives of tracks come last."""
    lower: tuple[float, ...]
    """Lower limits of the joints [rad]."""
    upper: tuple[float, ...]
    """Upper limits of the joints [rad]."""
    torque_limit: tuple[float, ...]
    """Peak torque of the joints at standstill [N m]."""
    speed_limit: tuple[float, ...]
    """No-load speed of the joints [rad/s]: the torque-speed line meets zero here."""
    stance: tuple[float, ...]
    """Joint positions of the robot standing on flat ground [rad]."""
    folded: tuple[float, ...]
    """Joint positions of the robot lying with its limbs under it [rad]."""
    kp: tuple[float, ...]
    """Position gains of the motor drivers [N m/rad]; 0 for a track, which is driven by speed alone.
    """
    kd: tuple[float, ...]
    """Velocity gains of the motor drivers [N m s/rad]."""
    joint_friction: tuple[float, ...]
    """Coulomb friction of the joints [N m]."""
    rotor_inertia: tuple[float, ...]
    """Inertia of the motors' rotors seen at the joints, rotor x gear^2 [kg m2]."""
    mass: float
    """Mass of the whole robot [kg]."""
    stand_height: float
    """Height of the base's origin above the ground in `stance` [m]."""
    arrived_height: float
    """Height of the base above the ground that an arrived robot exceeds [m]: below it, it lies."""
    body_length: float
    """Overall length [m]: how far past the last edge the robot arrives."""
    payload_links: tuple[str, ...]
    """Links at the corners of the trunk that carry the mass of a payload."""
    limbs: LegGeometry | TrackGeometry
    """Limbs that the robot moves on; they decide its family."""
    gait: TrotGait | FlipperSchedule
    """Motion that the controller makes without a policy."""
    handling: Handling
    """How the robot is handled without a policy."""
    rewards: RewardWeights
    """Reward weights of its training."""
    randomization: Randomization = field(default_factory=Randomization)
    """Ranges of what is random about it."""
    control_step: float = 0.02
    """Period of the controller [s]."""
    physics_step: float = 0.005
    """Period of the physics [s].

    Explicit PD control of a Go2's joints is stable at 5 ms with kp 50, kd 1, and rings at kp 70, kd
    1.5.
    """
    preset: Mapping[str, object] = field(default_factory=dict)
    """Training settings that differ from the defaults, by their names on the command line."""

    @property
    def env_id(self) -> str:
        """Id of the robot's Gymnasium environment, such as "StairClimb-Go2-v1"."""
        return f"StairClimb-{self.name.title()}-v{len(self.history) - 1}"

    @property
    def legs(self) -> LegGeometry:
        """The robot's legs.

        Raises:
            TypeError: the robot has no legs.
        """
        if not isinstance(self.limbs, LegGeometry):
            raise TypeError(f"{self.name} has no legs")
        return self.limbs

    @property
    def trot(self) -> TrotGait:
        """The robot's trot.

        Raises:
            TypeError: the robot does not walk.
        """
        if not isinstance(self.gait, TrotGait):
            raise TypeError(f"{self.name} has no trot")
        return self.gait

    @property
    def tracks(self) -> TrackGeometry:
        """The robot's tracks.

        Raises:
            TypeError: the robot has no tracks.
        """
        if not isinstance(self.limbs, TrackGeometry):
            raise TypeError(f"{self.name} has no tracks")
        return self.limbs

    @property
    def schedule(self) -> FlipperSchedule:
        """The schedule of the robot's flippers.

        Raises:
            TypeError: the robot has no flippers.
        """
        if not isinstance(self.gait, FlipperSchedule):
            raise TypeError(f"{self.name} has no flippers")
        return self.gait

    @property
    def drives(self) -> tuple[str, ...]:
        """Names of the track drives, the last of the joints; they are no joints of the URDF."""
        return self.limbs.tracks if isinstance(self.limbs, TrackGeometry) else ()

    @property
    def leg_order(self) -> tuple[int, ...]:
        """Index of each leg joint in the motor order, leg by leg: hip, thigh, calf; (3 L,)."""
        return tuple(self.joint_names.index(name) for leg in self.legs.joints for name in leg)
