"""How a robot is handled without a policy: standing up, sitting down, damping, giving up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Handling:
    """Figures of the runtime's motions and guards. Per-joint tuples follow the joint names."""

    hold_kp: tuple[float, ...]
    """Position gain while the robot stands up, stands or sits down [N m/rad]."""
    hold_kd: tuple[float, ...]
    """Velocity gain while the robot stands up, stands or sits down [N m s/rad]."""
    damping: tuple[float, ...]
    """Velocity gain of a damped robot, which has no position gain [N m s/rad]."""
    gather_time: float
    """Time to draw the limbs in before standing up [s]."""
    rise_time: float
    """Time to push the body up after the limbs are drawn in [s]."""
    sit_time: float
    """Time to sit down [s]."""
    tolerance: float
    """Largest deviation of a joint from its target in a robot that stands [rad]."""
    patience: float
    """Time after a motion within which the robot must stand, or it counts as blocked [s]."""
    max_tilt: float
    """Angle between the body's up axis and the vertical beyond which the robot gives up [rad]."""
    max_state_age: float
    """Largest age of sensor readings that are still acted upon [s]."""
    max_command_age: float
    """Largest age of the operator's command that is still followed [s]."""
    max_speed: float
    """Forward speed of a stick that is pushed all the way [m/s]: as far as policies are trained."""
    max_yaw_rate: float
    """Yaw rate of a stick that is pushed all the way [rad/s]: as far as policies are trained."""
    max_map_age: float
    """Largest age of the height map that is still walked on [s]."""
    position_margin: float
    """Distance beyond a joint's limits from which on its encoder counts as broken [rad]."""
    speed_margin: float
    """Largest joint speed, as a multiple of the joint's limit."""
    torque_margin: float
    """Largest joint torque, as a multiple of the joint's limit."""
    max_target_step: float
    """Largest change of a commanded joint position from tick to tick [rad]."""
    max_temperature: float
    """Largest temperature of a motor [degC]."""
    min_battery: float
    """Lowest charge of the battery, 0 to 1."""
