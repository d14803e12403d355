"""What a result was made with: kept beside every run and every policy."""

import platform
from importlib.metadata import version

PACKAGES = ("gymnasium", "numpy", "pybullet", "stable-baselines3", "torch")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that can change a result."""
    return {"python": platform.python_version(), "machine": platform.machine()} | {
        name: version(name) for name in PACKAGES
    }
