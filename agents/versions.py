"""Versions that a result was made with; they are kept beside every run and every policy."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("gymnasium", "numpy", "pybullet", "stable-baselines3", "torch")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that can change a result."""
    return {"python": platform.python_version(), "machine": platform.machine()} | {
        name: version(name) for name in PACKAGES
    }


def revision() -> dict[str, str]:
    """The git revision of this checkout, and whether its tree is "clean" or "dirty"; both are
    "unknown" where it is no checkout.
    """
    root = Path(__file__).resolve().parents[1]
    try:
        top, head = _git(root, "rev-parse", "--show-toplevel", "HEAD").splitlines()
        tree = "dirty" if _git(root, "status", "--porcelain") else "clean"
    except (OSError, subprocess.CalledProcessError):
        top = ""
    # An installed package may lie in the checkout of something else.
    if not top or Path(top).resolve() != root:
        return {"revision": "unknown", "tree": "unknown"}
    return {"revision": head, "tree": tree}


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout
