"""Robots that climb stairs, as Gymnasium environments. Importing this registers their ids and loads
nothing heavy.
"""

import gymnasium

gymnasium.register(
    id="StairClimb-Go2-v1",
    entry_point="envs.gym_env:StairClimbEnv",
    vector_entry_point="envs.gym_env:StairClimbVectorEnv",
    kwargs={"robot": "go2"},
)
gymnasium.register(
    id="StairClimb-Tracked-v1",
    entry_point="envs.gym_env:StairClimbEnv",
    vector_entry_point="envs.gym_env:StairClimbVectorEnv",
    kwargs={"robot": "tracked"},
)
