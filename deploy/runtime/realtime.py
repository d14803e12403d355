"""Punctuality: a clock that sleeps to absolute deadlines, and what Linux grants a process that must
not be late.
"""

from __future__ import annotations

import ctypes
import gc
import os
import time

PRIORITY = 40
"""Real-time priority of the control loop under SCHED_FIFO; the deadman's is higher."""
_MONOTONIC = 1
_ABSOLUTE = 1
_LOCK = 1 | 2 | 4
"""MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT: what is used stays in memory, what is only mapped is not
fetched.
"""


class _Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


_libc = ctypes.CDLL(None, use_errno=True)


class RealClock:
    """The machine's monotonic clock; see `deploy.runtime.link.LinkClock`."""

    def now(self) -> float:
        """Seconds."""
        return time.monotonic()

    def sleep_until(self, deadline: float) -> None:
        """Return at `deadline` [s], also if signals come in between."""
        nanoseconds = round(deadline * 1e9)
        until = _Timespec(nanoseconds // 10**9, nanoseconds % 10**9)
        while self.now() < deadline and _libc.clock_nanosleep(
            _MONOTONIC, _ABSOLUTE, ctypes.byref(until), None
        ):
            pass


def claim(priority: int = PRIORITY) -> list[str]:
    """Ask for real-time priority and locked memory, and keep the garbage collector off what is
    there by now. Returns what was not allowed, and why.
    """
    gc.collect()
    gc.freeze()
    refused = []
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError as error:
        refused.append(f"SCHED_FIFO ({error.strerror}; needs CAP_SYS_NICE or an rtprio limit)")
    if _libc.mlockall(_LOCK):
        refused.append(
            f"locked memory ({os.strerror(ctypes.get_errno())}; needs CAP_IPC_LOCK or a memlock "
            "limit)"
        )
    return refused
