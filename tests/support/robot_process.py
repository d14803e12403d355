"""A robot without physics, in a process of its own.

Its joints go where they are told, and it records when it heard what. Standard input, JSON lines:
{"buttons": [...], "age": 0.0, "freeze": false, ...} replace what its messages say. Standard output,
one JSON line for each command: [time on the monotonic clock, whether it is damping].
"""

import json
import os
import select
import socket
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from deploy.runtime import realtime
from deploy.runtime.bundle.manifest import from_bytes
from deploy.runtime.link import HeightMapMessage, MotorCommand, Remote, RobotState
from deploy.runtime.links import local_messages as messages

PERIOD = 0.005


def is_damping(command: MotorCommand) -> bool:
    return not command.kp.any() and bool((command.kd > 0).all())


def play(path: str, manifest: str) -> None:
    about = from_bytes(Path(manifest).read_bytes())
    there = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    there.bind(path)
    realtime.claim(60)
    joints = np.array(about.folded, np.float32)
    said = dict[str, Any]()
    listener = ""
    tick = 0
    due = time.monotonic()
    while True:
        ready, _, _ = select.select([there, sys.stdin], [], [], max(0.0, due - time.monotonic()))
        if sys.stdin in ready:
            lines = os.read(0, 65536).splitlines()
            if not lines:
                return
            for line in lines:
                said.update(json.loads(line))
        if there in ready:
            data, sender = there.recvfrom(messages.LARGEST)
            command = messages.command_from(data, len(joints))
            if data == messages.HELLO:
                listener = sender
            elif command:
                print(json.dumps([time.monotonic(), is_damping(command)]), flush=True)
                joints = joints if is_damping(command) else command.position
        if time.monotonic() >= due:
            due += PERIOD
            tick += not said.get("freeze")
            if listener and not said.get("mute"):
                publish(there=there, listener=listener, tick=tick, joints=joints, said=said)


def publish(
    there: socket.socket, listener: str, tick: int, joints: np.ndarray, said: dict[str, Any]
) -> None:
    zero = np.zeros_like(joints)
    remote = Remote(
        buttons=frozenset(said.get("buttons", ())),
        forward=said.get("forward", 0.0),
        turn=0.0,
        age=said.get("age", 0.0),
    )
    attitude = np.array([0, 0, 0, 1], np.float32)
    still = np.zeros(3, np.float32)
    state = RobotState(
        tick=tick,
        received=time.monotonic(),
        quaternion=attitude,
        angular_velocity=still,
        joint_position=joints,
        joint_velocity=zero,
        joint_torque=zero,
        temperature=zero + 30,
        battery=said.get("battery", 0.9),
        remote=remote,
    )
    try:
        there.sendto(messages.state_bytes(state), socket.MSG_DONTWAIT, listener)
        there.sendto(
            messages.map_bytes(
                HeightMapMessage(time.monotonic(), np.full((29, 7), -0.26, np.float32))
            ),
            socket.MSG_DONTWAIT,
            listener,
        )
    except OSError:
        # Nobody reads any more, or not fast enough.
        pass


if __name__ == "__main__":
    play(*sys.argv[1:])
