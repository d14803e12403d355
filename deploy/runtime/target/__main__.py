"""python3 -m deploy.runtime.target: one step of flashing, on the robot. Called over ssh by `python
-m deploy`.

Answers in lines of JSON on standard output: {"step": ..., "detail": ...} as it goes on, and at the
end {"done": ...} or {"error": ..., "status": ...}, which is its exit status too; they are listed in
`python -m deploy --help`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

from deploy.runtime.errors import DeployError
from deploy.runtime.target import activate, install, supervisor
from deploy.runtime.target.describe import arrived, facts
from deploy.runtime.target.errors import BusyError
from deploy.runtime.target.layout import Layout, held
from deploy.runtime.target.provision import Request, provision
from deploy.runtime.target.receive import receive


def say(step: str, detail: str = "") -> None:
    """Tell the other side; raises BrokenPipeError when it has gone."""
    print(json.dumps({"step": step, "detail": detail}), flush=True)


def _describe(layout: Layout, words: argparse.Namespace) -> object:
    return {
        "facts": asdict(facts(layout)),
        "arrived": arrived(layout, words.digest) if words.digest else (0, ""),
    }


def _upload(layout: Layout, words: argparse.Namespace) -> object:
    with held(layout.lock):
        return receive(
            layout=layout, digest=words.digest, offset=words.offset, source=sys.stdin.buffer
        )


def _install(layout: Layout, words: argparse.Namespace) -> None:
    with held(layout.lock):
        install.install(layout, words.digest, say)


def _rollback(layout: Layout, _: argparse.Namespace) -> None:
    with held(layout.lock):
        activate.rollback(layout, say)


def _recover(layout: Layout, _: argparse.Namespace) -> None:
    try:
        with held(layout.lock, wait=0.0):
            activate.go_back(layout)
    except BusyError:
        # A flash is at work, and it was the one that started the service.
        pass


def _provision(layout: Layout, _: argparse.Namespace) -> str:
    request = Request(**json.load(sys.stdin))
    with held(layout.lock):
        try:
            return provision(layout, request, say)
        finally:
            layout.arrived_runtime.unlink(missing_ok=True)


def _supervise(layout: Layout, _: argparse.Namespace) -> None:
    supervisor.supervise(layout)


STEPS = {
    "describe": (
        _describe,
        "say what this robot is, what runs on it, and how much of a bundle has arrived",
    ),
    "upload": (_upload, "take a bundle from standard input, from an offset on"),
    "install": (_install, "hash, self-test, rename, swap, restart, health, commit; or go back"),
    "rollback": (_rollback, "go back to the release before"),
    "recover": (_recover, "before the service starts: go back if the last flash was cut off"),
    "provision": (
        _provision,
        "take a request in JSON from standard input and make the installation",
    ),
    "supervise": (_supervise, "keep the control loop running where there is no systemd"),
}


def _digest(word: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", word):
        raise argparse.ArgumentTypeError("not a SHA-256")
    return word


def main() -> int:
    """Command line; the exit status is in the module's docstring."""
    parser = argparse.ArgumentParser(prog="python3 -m deploy.runtime.target", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    for name, (_, words) in STEPS.items():
        step = steps.add_parser(name, help=words, description=words)
        step.add_argument("--root", type=Path, required=True, help="folder of the installation")
        if name in ("describe", "upload", "install"):
            step.add_argument(
                "--digest", type=_digest, required=name != "describe", help="SHA-256 of the bundle"
            )
        if name == "upload":
            step.add_argument(
                "--offset", type=int, required=True, help="bytes that are here already"
            )
    given = parser.parse_args()
    try:
        answer = {"done": STEPS[given.step][0](Layout(given.root), given)}
        status = 0
    except DeployError as error:
        answer = {"error": str(error), "status": error.status}
        status = error.status
    except OSError as error:
        answer = {"error": f"{given.step} on the robot: {error}", "status": 1}
        status = 1
    try:
        print(json.dumps(answer), flush=True)
    except BrokenPipeError:
        # Nobody listens any more; the interpreter would complain of it once more at exit.
        sys.stdout = None
    return status


if __name__ == "__main__":
    sys.exit(main())
