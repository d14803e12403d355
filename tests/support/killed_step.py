"""Plays python3 on the robot: runs a step of flashing as it is, and kills itself with SIGKILL just
before a chosen thing that it does to the machine.

Arguments: the folder of the order, then those of python3. The order, in the file "order": the step
and the number of the thing, counted from the moment at which the step holds the lock; it is taken
away when it has been obeyed. "pid" has the process of the last step.
"""

import os
import runpy
import signal
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1])
WORDS = [word for word in sys.argv[2:] if word != "-B"]
QUIET = (
    "import",
    "compile",
    "exec",
    "marshal",
    "object",
    "code",
    "sys",
    "builtins",
    "glob",
    "pathlib",
    "tempfile",
)
"""Kinds of audit events that change nothing outside the process."""
module = WORDS[1]
step = WORDS[2]
order = (FOLDER / "order").read_text().split() if (FOLDER / "order").exists() else ["", "0"]
count = -1


def watch(event: str, _: object) -> None:
    global count
    if event.split(".")[0] in QUIET:
        return
    if count >= 0 or event == "fcntl.flock":
        count += 1
        if step == order[0] and count == int(order[1]):
            (FOLDER / "order").unlink()
            os.kill(os.getpid(), signal.SIGKILL)


(FOLDER / "pid").write_text(str(os.getpid()))
sys.dont_write_bytecode = True
sys.argv = WORDS[1:]
sys.addaudithook(watch)
runpy.run_module(module, run_name="__main__", alter_sys=True)
