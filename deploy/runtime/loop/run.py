"""Drive a robot with a bundle, from signature to the last damping command."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from deploy.runtime import realtime
from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.bundle.opening import open_bundle
from deploy.runtime.errors import DeployError, GaveUpError
from deploy.runtime.link import Link, LinkError
from deploy.runtime.links import WAYS, open_link
from deploy.runtime.loop import blackbox, loop, records
from deploy.runtime.loop.blackbox import BlackBox
from deploy.runtime.loop.notify import Notify
from deploy.runtime.loop.terminal import Terminal
from deploy.runtime.loop.watch import Watch
from deploy.runtime.safety import motions, pilot
from deploy.runtime.safety.control import Control, Inputs, Outcome
from deploy.runtime.safety.operator import OperatorInput

FAREWELL = 0.5
"""Time for which damping is streamed at the end [s]."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("bundle", type=Path, help="the bundle")
    parser.add_argument(
        "--public-key",
        type=Path,
        required=True,
        help="the .pub file of the key that it must be signed with",
    )
    parser.add_argument("--link", choices=list(WAYS), required=True, help="how to reach the robot")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the link; may be given again",
    )
    folder = Path(os.environ.get("LOGS_DIRECTORY", "out/blackbox"))
    parser.add_argument(
        "--log",
        type=Path,
        default=folder,
        help="folder for the black box, which `python -m deploy log` reads (default: "
        "$LOGS_DIRECTORY or out/blackbox)",
    )
    parser.add_argument(
        "--speed",
        type=float,
        help="forward speed [m/s] instead of the remote control's sticks, for rehearsals",
    )


def run(options: argparse.Namespace) -> str:
    """Drive a robot. It is damped until a person arms it with the remote control or at this
    terminal.

    Raises:
        DeployError: the bundle is refused, its robot cannot be driven, or something is missing.
        LinkError: the robot cannot be reached, or does not obey.
        GaveUpError: the loop or its deadman failed; the robot is damped.
    """
    torch.set_num_threads(1)
    about, files = open_bundle(options.bundle, options.public_key)
    if options.speed is not None and not 0.0 <= options.speed <= about.max_speed:
        raise DeployError(f"--speed {options.speed:g} is not between 0 and {about.max_speed:g} m/s")
    motions.check(about)
    control = Control(about, pilot.load(about, files))
    way = _options(options.option)
    notify = Notify()
    refused = realtime.claim()
    if refused:
        print(f"without {' and '.join(refused)}: ticks may be late")
    with contextlib.ExitStack() as stack:
        stack.callback(notify.close)
        ends = stack.enter_context(_until_signalled())
        link = open_link(options.link, about, way)
        stack.callback(link.close)
        watch = Watch(options.link, about, way)
        stack.callback(watch.finish)
        box_path = blackbox.new(options.log)
        box = BlackBox(box_path, records.about(about), records.fields(len(about.joint_names)))
        stack.callback(box.close)
        print(f"{about.name} {about.version} for {about.robot}; black box {box_path}")
        link.start()
        # From here on the robot listens to nobody else.
        stack.callback(_farewell, link, about, watch)
        terminal = stack.enter_context(Terminal())
        speak = Speaker(notify)

        def keep(inputs: Inputs, outcome: Outcome, took: float) -> None:
            box.write(records.record(manifest=about, inputs=inputs, outcome=outcome, took=took))

        notify.say("READY=1", "STATUS=damped")
        print(
            "damped; arm with the remote control's start, or the key r; A or a: stand up, walk; B "
            "or b: hold; X or x: sit down; L2 and B or space: stop for good"
        )
        try:
            whole = loop.run(
                link=link,
                clock=realtime.RealClock(),
                control=control,
                operator=OperatorInput(about, options.speed),
                keys=terminal.keys,
                guardian=watch,
                observers=(keep, speak),
                ends=ends,
            )
        except LinkError:
            raise
        except Exception as error:
            raise GaveUpError(
                f"the control loop failed, the robot is damped: {type(error).__name__}: {error}; "
                f"look at {box_path}"
            ) from error
        finally:
            notify.say("STOPPING=1")
    if not whole:
        raise GaveUpError("the deadman died, so the robot was damped; restart when you know why")
    return f"ended, damped; black box {box_path}"


class Speaker:
    """Tells supervisor and operator what the robot does, and why not; each once."""

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self._state = "damped"
        self._said: frozenset[str] = frozenset()

    def __call__(self, inputs: Inputs, outcome: Outcome, took: float) -> None:
        """After a tick."""
        self._notify.alive(inputs.now, outcome.state)
        names = frozenset(trip.name for trip in outcome.trips)
        # A robot that lies damped may have complaints; they matter to who wants it to get up.
        if (
            outcome.state != self._state
            or outcome.refused
            or (names - self._said and outcome.state != "damped")
        ):
            print("; ".join([outcome.state, *(trip.message for trip in outcome.trips)]), flush=True)
        self._state = outcome.state
        self._said = names


def _farewell(link: Link, about: Manifest, watch: Watch) -> None:
    """Stream damping for a while; the deadman is fed meanwhile."""
    clock = realtime.RealClock()
    end = clock.now() + FAREWELL
    with contextlib.suppress(LinkError):
        while clock.now() < end:
            link.send(motions.damping(about))
            watch.went_on(clock.now(), True)
            clock.sleep_until(clock.now() + about.control_period)


@contextlib.contextmanager
def _until_signalled() -> Iterator[Callable[[], bool]]:
    """A function that says whether SIGTERM, SIGINT or SIGHUP has come."""
    came: list[int] = []
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {
        number: signal.signal(number, lambda number, _: came.append(number)) for number in signals
    }
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _options(words: list[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    wrong = [word for word, (name, sign, _) in zip(words, pairs) if not (name and sign)]
    if wrong:
        raise DeployError(f"--option {wrong[0]!r} is not NAME=VALUE")
    return {name: value for name, _, value in pairs}
