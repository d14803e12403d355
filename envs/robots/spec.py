"""What is known of a robot: every figure once, with joints bound by name.

The vendor's motor order is that of the joint names and stated nowhere else. The simulator, the
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


@dataclass(frozen=True)
class RobotSpec:
    """One robot. Per-joint tuples follow `joint_names`."""

    name: str
    history: tuple[str, ...]
    """What each version of its environment changed, the first one first. A change that can alter
    learning results adds an entry, and so raises the version of the environment's id.
    """
    urdf: Path
    """Its bodies and joints, as primitives or meshes."""
    joint_names: tuple[str, ...]
    """Joints in the vendor's motor order, whatever it is; the drives of tracks come last."""
    lower: tuple[float, ...]
    """Lower limits of the joints [rad]."""
    upper: tuple[float, ...]
    """Upper limits of the joints [rad]."""
    torque_limit: tuple[float, ...]
    """Peak torque at standstill [N m]."""
    speed_limit: tuple[float, ...]
    """No-load speed [rad/s]: the torque-speed line meets zero here."""
    stance: tuple[float, ...]
    """Joint positions of the robot standing on flat ground [rad]."""
    folded: tuple[float, ...]
    """Joint positions of the robot lying with its limbs under it [rad]."""
    kp: tuple[float, ...]
    """Position gains of the motor drivers [N m/rad]; 0 of a track, which has a speed only."""
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
    """Height of the base above the ground below which a robot has not arrived, but lies [m]."""
    body_length: float
    """Overall length [m]; how far past the last edge an episode counts as done."""
    payload_links: tuple[str, ...]
    """Links at the corners of the trunk that carry a payload's mass."""
    limbs: LegGeometry | TrackGeometry
    """What it moves on; this decides its family."""
    gait: TrotGait | FlipperSchedule
    """What its controller does by itself."""
    handling: Handling
    """How it is handled without a policy."""
    rewards: RewardWeights
    """What it is trained for."""
    randomization: Randomization = field(default_factory=Randomization)
    """What is random about it."""
    control_step: float = 0.02
    """Period of the controller [s]."""
    physics_step: float = 0.005
    """Period of the physics [s]. Explicit PD control of a Go2's joints is stable at 5 ms with kp
    50, kd 1, and rings at kp 70, kd 1.5.
    """
    preset: Mapping[str, object] = field(default_factory=dict)
    """Training settings that differ from the defaults, by their names on the command line."""

    @property
    def env_id(self) -> str:
        """Id of its Gymnasium environment, such as "StairClimb-Go2-v1"."""
        return f"StairClimb-{self.name.title()}-v{len(self.history) - 1}"

    @property
    def legs(self) -> LegGeometry:
        """Its legs.

        Raises:
            TypeError: it has none.
        """
        if not isinstance(self.limbs, LegGeometry):
            raise TypeError(f"{self.name} has no legs")
        return self.limbs

    @property
    def trot(self) -> TrotGait:
        """Its trot.

        Raises:
            TypeError: it does not walk.
        """
        if not isinstance(self.gait, TrotGait):
            raise TypeError(f"{self.name} has no trot")
        return self.gait

    @property
    def tracks(self) -> TrackGeometry:
        """Its tracks.

        Raises:
            TypeError: it has none.
        """
        if not isinstance(self.limbs, TrackGeometry):
            raise TypeError(f"{self.name} has no tracks")
        return self.limbs

    @property
    def schedule(self) -> FlipperSchedule:
        """The schedule of its flippers.

        Raises:
            TypeError: it has none.
        """
        if not isinstance(self.gait, FlipperSchedule):
            raise TypeError(f"{self.name} has no flippers")
        return self.gait

    @property
    def drives(self) -> tuple[str, ...]:
        """The last of the joints: those that turn a track, and are no joints of the URDF."""
        return self.limbs.tracks if isinstance(self.limbs, TrackGeometry) else ()

    @property
    def leg_order(self) -> tuple[int, ...]:
        """Index of each joint in the motor order, leg by leg: hip, thigh, calf; (3 L,)."""
        return tuple(self.joint_names.index(name) for leg in self.legs.joints for name in leg)
