"""The fast way to step robots with legs: `stepper.c`, which runs the loop of `Physics` over
joints and physics steps in C. Build it: python -m envs.physics.stepper.

What it gives is, bit for bit, what that loop gives, which is taken wherever this has not been
built: a test compares the two.
"""

import ctypes
import hashlib
import shutil
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from envs.physics import world
from envs.physics.buffers import Buffers
from envs.physics.motors import FRICTION_SPEED, Actuators
from envs.physics.world import World
from envs.robots.spec import RobotSpec

Array = NDArray[np.float64]

SOURCES = (Path(__file__).with_suffix(".c"), Path(__file__).with_name("pages.c"))
_VERSION = hashlib.sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()[:12]
BUILT = Path(sys.prefix) / "lib" / f"treadwell-stepper-{_VERSION}.so"
"""In the Python environment, so that workers of a cluster find it too; what another version has
built has another name.
"""
COMPILE = ("-O2", "-ffp-contract=off", "-shared", "-fPIC")
"""A product that is added without rounding in between would change the last bits."""


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
    """The beginning of numpy's PyUFuncObject (numpy/ufuncobject.h), which has been the same since
    numpy 1.0.
    """

    _fields_ = [
        ("object", ctypes.c_byte * object.__basicsize__),
        *((name, ctypes.c_int) for name in ("inputs", "outputs", "arguments", "identity")),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
    ]


@lru_cache
def library() -> ctypes.CDLL | None:
    """The stepper, or None if it has not been built for this version and machine."""
    try:
        found = ctypes.CDLL(str(BUILT))
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
    """Steps `worlds` by C. It keeps the addresses of all arrays: their owners may write into them,
    but not replace them.

    Args:
        built: from `library`.
        spec: a robot with legs.
        actuators: of the robots.
        worlds: one a robot.
        buffers: what it reads and writes.
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
        arrays: dict[str, NDArray[Any]] = {
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
        self._bodies[row] = one.load_plugin(BUILT)
        self._clients[row] = self._library.newest_client()

    @property
    def seconds(self) -> Array:
        """Time spent in Bullet's stepSimulation and in the motors' law so far [s], (2,)."""
        return np.array([self._robots.stepping, self._robots.driving])

    def advance(self) -> None:
        """One control step of all robots: reads and writes the arrays.

        Raises:
            RuntimeError: Bullet does not answer.
        """
        if self._library.advance(ctypes.byref(self._robots)):
            raise RuntimeError("Bullet does not say how the joints are")


def build() -> str:
    """Compile the stepper. Returns what came of it, in one line."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    slower = "robots with legs are stepped in Python, with the same results and a quarter slower"
    if compiler is None:
        return (
            f"there is no C compiler: {slower}; install one (on Debian: apt-get install gcc) and "
            "run python -m envs.physics.stepper"
        )
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILT.parent) as folder:
        fresh = Path(folder) / BUILT.name
        done = subprocess.run(
            [compiler, *COMPILE, "-o", str(fresh), *map(str, SOURCES), "-lm", "-ldl"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return f"{compiler} cannot compile {BUILT.name}: {slower}\n{done.stderr}"
        fresh.replace(BUILT)
    library.cache_clear()
    return f"built {BUILT}" if library() else f"{BUILT} does not fit this PyBullet: {slower}"


if __name__ == "__main__":
    print(build())
