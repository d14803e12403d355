"""A service for tests of the supervisor: announces itself, then goes on, hangs or ends.

The file of its first argument says which: "go on", "hang" or "end".
"""

import os
import socket
import sys
import time
from pathlib import Path

notes = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notes.connect(os.environ["NOTIFY_SOCKET"])
notes.send(b"READY=1\nSTATUS=damped")
while (order := Path(sys.argv[1]).read_text()) != "end":
    time.sleep(0.05)
    if order != "hang":
        notes.send(b"WATCHDOG=1")
