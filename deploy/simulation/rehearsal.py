"""One episode of a bundle's program in a physics engine, through the robot's own runtime, with a
operator at the remote control.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from agents.evaluation.episodes.trials import Trial, TrialOutcome, Trials
from deploy.runtime.bundle.manifest import Manifest
from deploy.runtime.link import Remote
from deploy.runtime.loop import loop
from deploy.runtime.safety import pilot
from deploy.runtime.safety.control import Control, Inputs
from deploy.runtime.safety.control import Outcome as Tick
from deploy.runtime.safety.operator import OperatorInput
from deploy.simulation import steering
from deploy.simulation.body import Truth
from deploy.simulation.engines import Engine, open_body
from deploy.simulation.lockstep import Lockstep
from deploy.simulation.referee import Referee
from deploy.simulation.senses import Senses
from envs.robots import ROBOTS
from envs.task.scenario import Scenario

PRESSES = ((0.2, "start"), (0.6, "A"), (4.6, "A"))
"""Time [s] of each press, and the button: arm, stand up, and, when that is long done, walk."""
PRESS = 0.2
"""Time for which a button is held [s]."""
GO = PRESSES[-1][0]
"""Time at which the episode begins to count [s]."""
PUSH_EVERY = (3.0, 6.0)
"""Least and largest time between two pushes [s]."""


class EngineTrial(NamedTuple):
    """An episode to play."""

    engine: Engine
    """Physics engine."""
    trial: Trial
    """Flight and number of the episode."""


class Played(NamedTuple):
    """What came of it."""

    outcome: TrialOutcome
    """How it ended."""
    trip: str
    """The first guard that tripped, in words; "" if none did."""


class Share(NamedTuple):
    """What one worker process plays."""

    about: Manifest
    """The bundle's manifest."""
    files: Mapping[str, bytes]
    """The bundle's files."""
    trials: Trials
    """What is rehearsed."""
    plays: list[EngineTrial]
    """The part that this process plays."""


def play_share(share: Share) -> Iterator[tuple[EngineTrial, Played]]:
    """Play the episodes of `share`."""
    import torch

    torch.set_num_threads(1)
    programs = pilot.load(share.about, share.files)
    for play in share.plays:
        yield (
            play,
            Episode(about=share.about, programs=programs, trials=share.trials, play=play).run(),
        )


class Episode:
    """One episode: the robot lies before the flight, and the operator arms it, has it stand up and
    walk, and keeps it on the middle line.
    """

    def __init__(
        self, about: Manifest, programs: pilot.Pilot, trials: Trials, play: EngineTrial
    ) -> None:
        spec = ROBOTS[about.robot]
        rng = trials.generator(play.trial)
        self._scenario: Scenario = trials.scenario(rng, spec, play.trial)
        self._rng = rng
        self._body = open_body(play.engine, spec, self._scenario, lying=True)
        self._referee = Referee(spec, self._scenario)
        self._link = Lockstep(
            body=self._body,
            senses=Senses(spec=spec, scenario=self._scenario, rng=rng, truth=self._body.truth()),
            pilot=self._remote,
            watch=self._watch,
        )
        self._control = Control(about, programs)
        self._period = about.control_period
        self._next_push = GO + rng.uniform(*PUSH_EVERY)
        self._end = ""
        self._trip = ""

    def run(self) -> Played:
        """Play it to its end."""
        link = self._link
        loop.run(
            link=link,
            clock=link,
            control=self._control,
            operator=OperatorInput(self._control.about),
            keys=lambda: "",
            guardian=loop.Unwatched(),
            observers=(self._note,),
            ends=lambda: bool(self._end),
        )
        seconds = max(link.now() - GO, self._period)
        link.close()
        return Played(
            TrialOutcome(
                end=self._end,
                seconds=seconds,
                speed=self._referee.way / seconds,
                cost_of_transport=self._referee.cost_of_transport(),
            ),
            self._trip,
        )

    def _note(self, _: Inputs, outcome: Tick, __: float) -> None:
        self._trip = self._trip or next((trip.message for trip in outcome.trips), "")

    def _remote(self, now: float, truth: Truth) -> Remote:
        buttons = frozenset(button for at, button in PRESSES if at <= now < at + PRESS)
        if now < GO:
            return Remote(buttons)
        return Remote(
            buttons,
            *steering.sticks(
                stairs=self._scenario.stairs,
                speed=self._scenario.speed,
                position=truth.position,
                quaternion=truth.quaternion,
                full=(self._control.about.max_speed, self._control.about.max_yaw_rate),
            ),
        )

    def _watch(self, now: float, truth: Truth) -> None:
        if now >= GO:
            self._referee.count(truth, self._period)
        if now >= self._next_push:
            self._push(now)
        self._end = self._end or self._referee.end(truth, now - GO)

    def _push(self, now: float) -> None:
        self._next_push = now + self._rng.uniform(*PUSH_EVERY)
        speed = self._rng.uniform(0.0, self._scenario.values["push"][0])
        angle = self._rng.uniform(-np.pi, np.pi)
        self._body.push(speed * np.array([np.cos(angle), np.sin(angle), 0.0]))
