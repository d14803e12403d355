"""The fast way to step legged robots: `stepper.c` runs the inner loop of `Physics` in C.

Build it: python -m envs.physics.stepper. Its results are those of the loop in Python, bit for bit;
a test compares the two. The loop in Python runs wherever the stepper has not been built.
"""

import ctypes
import hashlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from envs.physics import world
from envs.physics.buffers import Buffers
from envs.physics.motors import FRICTION_SPEED, Actuators
from envs.physics.world import World
from envs.robots.spec import RobotSpec

Array = NDArray[np.float64]

SOURCES = (Path(__file__).with_suffix(".c"), Path(__file__).with_name("pages.c"))
"""C sources of the stepper."""
_VERSION = hashlib.sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()[:12]
NAME = f"treadwell-stepper-{_VERSION}.so"
"""File name of the built stepper: each version of the sources has its own."""
SLOWER = "robots with legs are stepped in Python, with the same results and a quarter slower"
"""What a missing stepper costs, for messages."""
COMPILE = ("-O2", "-ffp-contract=off", "-shared", "-fPIC")
"""Compiler flags. A fused multiply-add would change the last bits."""
COMMAND = "python -m envs.physics.stepper"
"""Command line that builds the stepper."""


class _Robots(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int) for name in ("robots", "substeps", "joints")),
        ("friction_speed", ctypes.c_double),
        *(
            (name, ctypes.c_void_p)
            for name in (
                "clients",
                "bodies",
                "position_index",
                "velocity_index",
                "limit",
                "speed_limit",
                "friction",
                "strength",
                "kp",
                "kd",
            )
        ),
        *((name, ctypes.c_void_p) for name in Buffers._fields),
        *((name, ctypes.c_double) for name in ("stepping", "driving")),
    ]


class _UFunc(ctypes.Structure):
    """The beginning of numpy's PyUFuncObject (numpy/ufuncobject.h), unchanged since numpy 1.0."""

    _fields_ = [
        ("object", ctypes.c_byte * object.__basicsize__),
        *((name, ctypes.c_int) for name in ("inputs", "outputs", "arguments", "identity")),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
    ]


def folders() -> Iterator[Path]:
    """Folders that may hold the built stepper.

    The first is that of the Python environment, where workers of a cluster find it too. The second
    is the user's, for an environment that is not writable.
    """
    yield Path(sys.prefix) / "lib"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # noqa: PTH111
    # A user without a home has none.
    if cache.is_absolute():
        yield cache / "treadwell"


@lru_cache
def library() -> ctypes.CDLL | None:
    """The stepper, or None if it has not been built for this version and machine.

    A missing stepper is warned about once, and not in workers: their parent asks as well.
    """
    for folder in folders():
        if (folder / NAME).is_file() and (found := _load(folder / NAME)):
            return found
    if multiprocessing.parent_process() is None:
        warnings.warn(f"{SLOWER}; build what steps them in C: {COMMAND}", stacklevel=2)
    return None


def _load(path: Path) -> ctypes.CDLL | None:
    """The stepper in the file `path`, or None if it does not fit this machine."""
    try:
        found = ctypes.CDLL(str(path))
    except OSError:
        return None
    found.newest_client.restype = ctypes.c_void_p
    found.bind_bullet.argtypes = (ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    tanh = _UFunc.from_address(id(np.tanh))
    kind = np.tanh.types.index("d->d")
    if (tanh.inputs, tanh.outputs, tanh.arguments) != (1, 1, 2) or found.bind_bullet(
        *world.bullet(), tanh.functions[kind], tanh.data[kind]
    ):
        return None
    return found


class Stepper:
    """Steps robots in C.

    It keeps the addresses of all arrays: their owners may write into them, but not replace them.

    Args:
        built: the library from `library`.
        spec: a robot with legs.
        actuators: the motors of the robots.
        worlds: one world per robot.
        buffers: the arrays that it reads and writes.
    """

    def __init__(
        self,
        built: ctypes.CDLL,
        spec: RobotSpec,
        actuators: Actuators,
        worlds: list[World],
        buffers: Buffers,
    ) -> None:
        self._library = built
        count = len(worlds)
        self._clients = np.zeros(count, dtype=np.uintp)
        self._bodies = np.zeros(count, dtype=np.intc)
        position, velocity = (np.array(index, dtype=np.intc) for index in worlds[0].state_index())
        arrays: dict[str, NDArray[np.generic]] = {
            "clients": self._clients,
            "bodies": self._bodies,
            "position_index": position,
            "velocity_index": velocity,
            "limit": np.array(spec.torque_limit),
            "speed_limit": np.array(spec.speed_limit),
            "friction": np.array(spec.joint_friction),
            "strength": actuators.strength,
            "kp": actuators.kp,
            "kd": actuators.kd,
            **buffers._asdict(),
        }
        self._kept = arrays
        addresses = {name: array.ctypes.data for name, array in arrays.items()}
        self._robots = _Robots(
            robots=count,
            substeps=len(buffers.at_rest),
            joints=len(position),
            friction_speed=FRICTION_SPEED,
            **addresses,
        )
        for row, one in enumerate(worlds):
            self.take(row, one)

    def take(self, row: int, one: World) -> None:
        """Step `one` as robot `row` from now on."""
        self._bodies[row] = one.load_plugin(Path(self._library._name))
        self._clients[row] = self._library.newest_client()

    @property
    def seconds(self) -> Array:
        """Time spent in Bullet's stepSimulation and in the motor model so far [s], (2,)."""
        return np.array([self._robots.stepping, self._robots.driving])

    def advance(self) -> None:
        """Advance all robots by one control step; reads and writes the buffers.

        Raises:
            RuntimeError: Bullet does not answer.
        """
        if self._library.advance(ctypes.byref(self._robots)):
            raise RuntimeError("Bullet does not say how the joints are")


def build() -> str:
    """Compile the stepper into the first writable folder. Returns the outcome in one line."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return (
            f"there is no C compiler: {SLOWER}; install one (on Debian: apt-get install gcc) and "
            f"run {COMMAND}"
        )
    for folder in folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            scratch = tempfile.TemporaryDirectory(dir=folder)
        except OSError:
            continue
        with scratch:
            return _compile(compiler, Path(scratch.name) / NAME, folder / NAME)
    return f"no folder can be written to: {SLOWER}; set XDG_CACHE_HOME to one and run {COMMAND}"


def _compile(compiler: str, fresh: Path, path: Path) -> str:
    """Compile the stepper to `fresh`, and move it to `path`. Returns the outcome."""
    done = subprocess.run(
        [compiler, *COMPILE, "-o", str(fresh), *map(str, SOURCES), "-lm", "-ldl"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return f"{compiler} cannot compile {NAME}: {SLOWER}\n{done.stderr}"
    fresh.replace(path)
    library.cache_clear()
    return f"built {path}" if _load(path) else f"{path} does not fit this PyBullet: {SLOWER}"


if __name__ == "__main__":
    print(build())
