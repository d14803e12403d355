"""The connection to a Ray cluster. Ray is an optional extra: it is imported here only when a run
asks for it.
"""

import os
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

VERSION = "2.60.0"
ROOT = Path(__file__).resolve().parents[2]
PARTS = ("agents", "envs", "urdf")
"""Parts of this project that workers need: each machine gets the same ones, from here."""
PATIENCE = 5.0
"""Time without a connection after which a cluster counts as unreachable [s]."""


def connect(address: str, cpus: int) -> str | None:
    """Connect this process to the cluster at `address`, unless it is connected. Returns what is
    wrong, in one line; None if nothing is.

    Args:
        address: "local" to start one that ends with this process, "auto", HOST:PORT or
            ray://HOST:PORT.
        cpus: how many the local one has.
    """
    if find_spec("ray") is None:
        return f"--ray needs Ray; install it: python -m pip install ray=={VERSION}"
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    if ray.is_initialized():
        return None
    if problem := _unreachable(address):
        return problem
    settings: dict[str, Any] = {
        "runtime_env": {"working_dir": str(ROOT), "excludes": _excluded()},
        "logging_level": "ERROR",
    }
    if address == "local":
        settings |= {"num_cpus": cpus, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    try:
        ray.init(address, **settings)
    except (ConnectionError, RuntimeError, ValueError) as error:
        return (
            f"there is no Ray cluster at {address} ({' '.join(str(error).split())}); start one "
            "(ray start --head), set RAY_AUTH_TOKEN if it asks for a token, or use --ray local"
        )
    return None


def _excluded() -> list[str]:
    return [f"/{path.name}" for path in ROOT.iterdir() if path.name not in PARTS]


def _unreachable(address: str) -> str | None:
    """Why no cluster can be reached at `address`, in one line; None if one can, or if Ray has to
    find out. Ray itself would try for minutes.
    """
    if address in ("local", "auto"):
        return None
    try:
        place = urlsplit(address if "://" in address else f"ray://{address}")
        host = place.hostname
        port = place.port
    except ValueError:
        host = None
        port = None
    if not host or not port:
        return f"ray is {address!r}; use local, auto, HOST:PORT or ray://HOST:PORT"
    try:
        socket.create_connection((host, port), PATIENCE).close()
    except OSError as error:
        return (
            f"cannot reach a Ray cluster at {address} ({error.strerror or error}); start one (ray "
            "start --head), or use --ray local"
        )
    return None
