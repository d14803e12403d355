"""Control loops to be killed: a process that forks one for each line of its standard input.

It loads torch and a bundle's program once. A line is JSON: the words of `python -m deploy.runtime`,
and "raise" if the loop is to fail half a second after the robot begins to rise. Printed: "pid N",
what the loop says, "ended N STATUS".
"""

import json
import os
import sys
from pathlib import Path

import torch

from deploy.runtime.__main__ import main
from deploy.runtime.bundle.opening import open_bundle
from deploy.runtime.safety import pilot
from deploy.runtime.safety.control import Control, Inputs, Outcome

FAILS_AFTER = 0.5


def fail_later() -> None:
    sound = Control.step
    began = []

    def step(self: Control, inputs: Inputs) -> Outcome:
        outcome = sound(self, inputs)
        if outcome.state == "rising":
            began.append(inputs.now)
            if inputs.now - began[0] > FAILS_AFTER:
                raise RuntimeError("made to fail")
        return outcome

    Control.step = step  # type: ignore[method-assign]


def serve(bundle: str, public_key: str) -> None:
    torch.set_num_threads(1)
    loaded = pilot.load(*open_bundle(Path(bundle), Path(public_key)))
    pilot.load = lambda *_: loaded
    print("ready", flush=True)
    for line in sys.stdin:
        words, fault = json.loads(line)
        child = os.fork()
        if child == 0:
            if fault == "raise":
                fail_later()
            status = main(words)
            sys.stdout.flush()
            os._exit(status)
        print("pid", child, flush=True)
        print("ended", child, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    serve(*sys.argv[1:])
