"""The fake robot: bus on one side, body on the other, and the motor board, which keeps the last
command, between them.
"""

import time
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from deploy.fake_go2 import senses
from deploy.fake_go2.firmware import Firmware, RefusedCommandError, is_damping
from deploy.fake_go2.journal import Journal
from deploy.fake_go2.mischief import Postman
from deploy.fake_go2.orders import MISCHIEF
from deploy.fake_go2.service import MotionService
from deploy.runtime.link import MotorCommand, Remote
from deploy.runtime.links import dds
from deploy.runtime.links.go2_messages import LOW_STATE, RESPONSE
from deploy.simulation.body import Body
from deploy.simulation.orders import REMOTE
from deploy.simulation.scene import Scene, height_over
from envs.robots.spec import RobotSpec

POSE_EVERY = 10
"""State messages from one pose to the next: 50 Hz."""
MAP_EVERY = 45
"""State messages from one height map to the next: 11 Hz."""
NOTE_EVERY = 50
"""State messages from one line of the journal to the next: 10 Hz."""
FALLEN = 0.35
"""Cosine of the tilt at which a robot has fallen over."""
SERVICES = ("motion_switcher", "sport")
"""Services that answer requests."""


class Robot:
    """One fake robot. `step` it every `PERIOD`."""

    PERIOD = 0.002
    """Time from one state to the next [s]."""

    def __init__(
        self,
        spec: RobotSpec,
        body: Body,
        scene: Scene,
        bus: dds.Bus,
        journal: Journal,
        goal_x: float,
    ) -> None:
        self._body = body
        self._scene = scene
        self._journal = journal
        self._spec = spec
        self._firmware = Firmware(spec)
        self._service = MotionService(spec)
        self._truth = body.truth()
        self._goal = goal_x, np.sign(goal_x - float(self._truth.position[0]))
        self._postman = Postman(np.random.default_rng(0))
        self._odometry = senses.Odometry(scene, self._truth)
        self._state_type = dds.message(LOW_STATE)
        self._states, self._poses, self._maps = (
            bus.writer(topic)
            for topic in ("rt/lowstate", "rt/utlidar/robot_pose", "rt/utlidar/height_map_array")
        )
        self._commands = bus.reader("rt/lowcmd", depth=16)
        self._services = {
            name: (
                bus.reader(f"rt/api/{name}/request", depth=16),
                bus.writer(f"rt/api/{name}/response"),
            )
            for name in SERVICES
        }
        self._remote = Remote()
        self._limp = MotorCommand(
            *(np.zeros(len(spec.joint_names), np.float32) for _ in MotorCommand._fields)
        )
        self._command: MotorCommand | None = None
        self._driven = 0.0
        self._physics = 0
        self._steps = 0
        self._booted = 0.0
        self.counts: Counter[str] = Counter()
        """Commands that were followed ("accepted"), and refused, by reason."""

    def step(self) -> None:
        """Take what has come, move on by `PERIOD`, and speak."""
        now = self._steps * self.PERIOD
        off = now < self._booted
        for message in dds.take(self._commands):
            if not off and not self._postman.loses():
                self._obey(message)
        for name in SERVICES:
            self._serve(name, now, off)
        self._steps += 1
        while (self._physics + 1) * self._body.period <= self._steps * self.PERIOD:
            self._body.advance(
                self._service.command(now)
                if self._service.active and not off
                else self._command or self._limp
            )
            self._truth = self._body.truth()
            self._physics += 1
        if not off:
            self._speak(now)
        if self._steps % NOTE_EVERY == 0:
            self._note()

    def order(self, order: dict[str, Any]) -> None:
        """Do as `deploy.fake_go2.orders` says."""
        self._journal.note("order", order=order)
        pressed = {name: order[name] for name in REMOTE if name in order}
        if pressed:
            self._remote = Remote(frozenset(pressed.pop("buttons", ())), **pressed)
        self._postman.mischief = replace(
            self._postman.mischief,
            **{name: order[name] for name in MISCHIEF if name in order},
        )
        if "push" in order:
            self._body.push(np.array(order["push"], float))
        if "restart" in order:
            self._booted = self._steps * self.PERIOD + order["restart"]
            self._command = None
            self._service = MotionService(self._spec)
            self._service.lie_down(self._truth.joint_position, self._booted)

    def _obey(self, message: Any) -> None:
        t = time.monotonic()
        try:
            if message is None:
                raise RefusedCommandError("size")
            command = self._firmware.accept(message.data)
            if self._service.active:
                raise RefusedCommandError("motion service")
        except RefusedCommandError as error:
            reason = str(error)
            self.counts[reason] += 1
            if self.counts[reason] == 1:
                self._journal.note("refused", t, reason=reason)
            return
        self.counts["accepted"] += 1
        damps = is_damping(command)
        damped = self._command is not None and is_damping(self._command)
        if damps and not damped:
            self._journal.note("damping", t, last_driven=self._driven)
        if not damps:
            if damped or self._command is None:
                self._journal.note("driven", t)
            self._driven = t
        self._command = command

    def _serve(self, name: str, now: float, off: bool) -> None:
        requests, responses = self._services[name]
        for request in dds.take(requests):
            if request is None or off:
                continue
            was = self._service.active
            identity = request.header.identity
            code, data = self._service.answer(identity.api_id, self._truth.joint_position, now)
            header, status = (
                dds.message(kind)
                for kind in (RESPONSE.fields[0].kind, RESPONSE.fields[0].kind.fields[1].kind)
            )
            responses.write(dds.message(RESPONSE)(header(identity, status(code)), data, []))
            if was and not self._service.active:
                self._journal.note("released")

    def _speak(self, now: float) -> None:
        truth = self._truth
        state = senses.state(truth, round(1000 * (now - self._booted)), self._remote)
        for data in self._postman.carry(state, now):
            self._states.write(self._state_type.of(data))
        if self._steps % POSE_EVERY == 0:
            self._poses.write(self._odometry.pose(truth, now))
        if self._steps % MAP_EVERY == 0 and self._postman.mischief.map:
            self._maps.write(self._odometry.height_map(truth, now))

    def _note(self) -> None:
        truth = self._truth
        x, y, _, _ = truth.quaternion
        over = height_over(truth, self._scene)
        up = float(1 - 2 * (x * x + y * y))
        self._journal.note(
            "where",
            position=truth.position.tolist(),
            quaternion=truth.quaternion.tolist(),
            over_ground=over,
            counts=dict(self.counts),
        )
        goal_x, heading = self._goal
        if (truth.position[0] - goal_x) * heading > 0 and up > FALLEN:
            self._journal.note_once("arrived")
        if up < FALLEN:
            self._journal.note_once("fallen")
