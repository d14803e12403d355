"""What a step is measured against: Gymnasium's Ant."""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def ant(steps: int) -> float:
    """Steps a second of Gymnasium's Ant-v5 in one process.

    Raises:
        ImportError: something that it needs is not installed.
    """
    import gymnasium

    env = gymnasium.make("Ant-v5")
    env.reset(seed=0)
    env.action_space.seed(0)
    begun = time.perf_counter()
    for _ in range(steps):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()
    return steps / (time.perf_counter() - begun)


def ants(processes: int, steps: int) -> float | str:
    """Steps a second of Ant-v5 in several processes together, or why there are none."""
    import gymnasium

    try:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            return sum(pool.map(ant, [steps] * processes))
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        return f"not measured: {error}; pip install 'gymnasium[mujoco]'"
