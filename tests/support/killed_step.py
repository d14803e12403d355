"""Plays python3 on the robot: runs a step of flashing, and kills itself at a chosen action.

The signal is SIGKILL, just before the action. Arguments: the folder of the order, then those of
python3. The order, in the file "order": the step and the number of the action, counted from the
moment at which the step holds the lock. The order is removed when it has been obeyed. "pid" has the
process of the last step.
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
