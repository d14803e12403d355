"""Taking the Go2 over from its own motion service: two controllers at once would fight for the
motors.

Source: the SDK's low-level example: ask the motion switcher which service is active, let it lie
down, release it, until none is.
"""

from __future__ import annotations

import itertools
import json
import time
from typing import Any, Callable

from deploy.runtime.link import LinkError
from deploy.runtime.links import dds
from deploy.runtime.links.go2_messages import CHECK_MODE, RELEASE_MODE, REQUEST, STAND_DOWN

ATTEMPTS = 5
"""Times that a request is sent."""
ANSWER = 0.5
"""Time for an answer before the request is repeated [s]: the first may be sent before the robot has
found us.
"""
PATIENCE = 5.0
"""Time after which a robot that does not answer is not there [s]."""
LYING_DOWN = 5.0
"""Time that lying down may take [s]."""

_HEADER = REQUEST.fields[0].kind
_PARTS = tuple(dds.message(field.kind) for field in _HEADER.fields)


class Service:
    """One of the robot's services, by requests and responses."""

    def __init__(self, bus: dds.Bus, name: str) -> None:
        self._name = name
        self._numbers = itertools.count(time.monotonic_ns())
        self._requests = bus.writer(f"rt/api/{name}/request")
        self._responses = bus.reader(f"rt/api/{name}/response", depth=10)

    def call(self, what: int, parameter: str = "{}") -> tuple[int, str]:
        """Code (0: done) and data of the answer.

        Raises:
            LinkError: there is none.
        """
        identity, lease, policy = _PARTS
        end = time.monotonic() + PATIENCE
        mine = set()
        while time.monotonic() < end:
            number = next(self._numbers)
            mine.add(number)
            header = dds.message(_HEADER)(identity(number, what), lease(0), policy(0, False))
            self._requests.write(dds.message(REQUEST)(header, parameter, []))
            answer = wait_for(lambda: self._answer(mine), ANSWER)
            if answer is not None:
                return answer.header.status.code, answer.data
        raise LinkError(
            f"the robot's {self._name} does not answer; is the robot on, in this network and in "
            "this DDS domain?"
        )

    def _answer(self, mine: Any) -> Any:
        return next(
            (
                answer
                for answer in dds.take(self._responses)
                if answer is not None and answer.header.identity.id in mine
            ),
            None,
        )


def wait_for(what: Callable[[], Any], seconds: float) -> Any:
    """The first answer of `what` that is not None, or None after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found is not None or time.monotonic() > end:
            return found
        time.sleep(0.005)


def release(bus: dds.Bus, at_rest: Callable[[], bool]) -> None:
    """Let the robot lie down and its motion service end; `at_rest` says whether the joints stand
    still.

    Raises:
        LinkError: it does not let go.
    """
    switcher = Service(bus, "motion_switcher")
    sport = None
    for _ in range(ATTEMPTS):
        active = _active(switcher)
        if not active:
            return
        sport = sport or Service(bus, "sport")
        sport.call(STAND_DOWN)
        # A robot that is released while it stands falls.
        time.sleep(ANSWER)
        wait_for(lambda: at_rest() or None, LYING_DOWN)
        switcher.call(RELEASE_MODE)
        time.sleep(ANSWER)
    raise LinkError(
        f"the robot's motion service {_active(switcher)!r} does not let go; end it in the robot's "
        "app, or restart the robot"
    )


def _active(switcher: Service) -> str | None:
    """Name of the active service, or None."""
    code, data = switcher.call(CHECK_MODE)
    try:
        name = json.loads(data)["name"]
    except (ValueError, KeyError, TypeError) as error:
        raise LinkError(
            f"the robot's motion switcher answers {data!r} (code {code}); restart the robot"
        ) from error
    return str(name) if name else None
