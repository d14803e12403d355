"""Orders to the fake Go2: those of `deploy.simulation.orders`, mischief, and being switched off.

{"drop": 0.1, "freeze": true}: mischief, see `deploy.fake_go2.mischief.Mischief`.
{"restart": 2.0}: the robot is switched off for 2 s; then its motion service is active again.
"""

from dataclasses import fields

from deploy.fake_go2.mischief import Mischief
from deploy.simulation import orders
from deploy.simulation.orders import is_number

_SHARES = ("drop", "corrupt", "nan")
MISCHIEF = tuple(field.name for field in fields(Mischief))
"""Orders that are mischief."""
RULES: orders.Rules = {
    **orders.RULES,
    "restart": lambda value: is_number(value) and value >= 0,
    "delay": lambda value: is_number(value) and value >= 0,
    "freeze": lambda value: isinstance(value, bool),
    "map": lambda value: isinstance(value, bool),
    **{name: lambda value: is_number(value) and 0 <= value <= 1 for name in _SHARES},
}
"""Orders that the fake Go2 follows."""
