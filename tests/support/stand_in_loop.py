"""Stands for the robot's Python with torch where a test is about flashing and not about walking:
checks the bundle as the real one does, without torch.

What it does is written in the bundle's card: "fails" its self-test, "dies" when it runs, dies
"late", or comes up armed ("eager"); while the self-test of one that "arms" goes on, a person arms
the robot. A person's doing is in the file beside the wrapper: what the loop says of itself.
"""

import json
import os
import socket
import sys
import time
from pathlib import Path

MOOD = Path(sys.argv[1])
WORDS = sys.argv[2:]

if WORDS[0] == "-c":
    print("3.8.0", "2.4.1")
    sys.exit()

from deploy.runtime.bundle.opening import open_bundle  # noqa: E402

command = WORDS[2]
bundle = WORDS[3]
key = WORDS[5]
files = open_bundle(Path(bundle), Path(key))[1]
card = files["card.md"].decode()
if command == "selftest":
    if "fails" in card:
        sys.exit("deploy: the golden traces are not repeated")
    if "arms" in card:
        MOOD.write_text("armed")
        time.sleep(1.0)
    print(
        json.dumps(
            {"findings": [{"detail": "signature"}, {"detail": "hashes"}, {"detail": "stands in"}]}
        )
    )
    sys.exit()
if "dies" in card:
    sys.exit(7)
if "eager" in card:
    MOOD.write_text("run")
notes = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notes.connect(os.environ["NOTIFY_SOCKET"])
notes.send(b"READY=1\nSTATUS=" + MOOD.read_bytes())
begin = time.monotonic()
while "late" not in card or time.monotonic() < begin + 0.2:
    time.sleep(0.05)
    notes.send(b"WATCHDOG=1\nSTATUS=" + MOOD.read_bytes())
