"""Robots that climb stairs, as Gymnasium environments.

Importing this registers an id for each robot and loads nothing heavy.
"""

import gymnasium

from envs.robots import ROBOTS

for _spec in ROBOTS.values():
    gymnasium.register(
        id=_spec.env_id,
        entry_point="envs.gym_env:StairClimbEnv",
        vector_entry_point="envs.gym_env:StairClimbVectorEnv",
        kwargs={"robot": _spec.name},
    )
