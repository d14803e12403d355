"""How a robot is handled without a policy: stood up, sat down, damped, and given up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Handling:
    """Figures of the runtime's motions and guards; per-joint tuples follow the joint names."""

    hold_kp: tuple[float, ...]
    """Position gain while the robot gets up, stands or sits down [N m/rad]."""
    hold_kd: tuple[float, ...]
    """Velocity gain meanwhile [N m s/rad]."""
    damping: tuple[float, ...]
    """Velocity gain of a robot that is damped, without any position gain [N m s/rad]."""
    gather_time: float
    """Time to draw the legs in [s]."""
    rise_time: float
    """Time to push the body up from there [s]."""
    sit_time: float
    """Time to sit down [s]."""
    tolerance: float
    """Largest distance of a joint from its place in a robot that stands [rad]."""
    patience: float
    """Time after the motion in which it must stand, or it is blocked [s]."""
    max_tilt: float
    """Angle between the body's up and the vertical beyond which the robot gives up [rad]."""
    max_state_age: float
    """Age of the newest sensors that may still be acted upon [s]."""
    max_command_age: float
    """Age of the operator's newest command that may still be followed [s]."""
    max_map_age: float
    """Age of the newest height map that may still be walked on [s]."""
    position_margin: float
    """Distance of a joint beyond its limits from which on its encoder counts as broken [rad]."""
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
