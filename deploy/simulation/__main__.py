"""python -m deploy.simulation: a process that plays the robot in real time, for `python -m deploy
run BUNDLE --link sim --option socket=PATH`.

It lies limp on the ground before a flight of stairs, follows the last command for ever, and takes
orders as JSON lines on standard input: see `deploy.simulation.orders`.

Exit status: 0 told to quit, 1 it cannot listen, 2 wrong arguments, 5 an optional package is
missing.
"""

import json
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro

from deploy.runtime.errors import DeployError
from deploy.simulation.engines import Engine, open_body
from deploy.simulation.orders import Orders, parse
from deploy.simulation.player import Player
from deploy.simulation.senses import Senses
from envs.robots import ROBOTS
from envs.task.scenario import trial
from envs.task.staircase import Direction, Staircase

BEHIND = 0.1
"""Delay after which the robot gives up catching up [s]."""
NOTE_PERIOD = 0.5
"""Time between two lines that say where it is [s]."""


@dataclass(frozen=True)
class SimulationConfig:
    """Play a robot at a UNIX socket, in real time."""

    socket: Path
    """Path of the socket to listen at."""
    engine: Engine = "pybullet"
    """Physics engine."""
    robot: str = "go2"
    """Name of the robot."""
    riser: float = 0.10
    """Height of a step [m]; 0: flat ground."""
    tread: float = 0.28
    """Depth of a step [m]."""
    steps: int = 10
    """Number of steps of the flight."""
    direction: Direction = "up"
    """Direction of the flight as the robot meets it."""
    seed: int = 0
    """Random seed."""


def main() -> int:
    """Command line; the exit status is in the module's docstring."""
    config = tyro.cli(SimulationConfig, description=__doc__)
    legged = [name for name, spec in ROBOTS.items() if not spec.drives]
    if config.robot not in legged:
        return _say(f"no robot {config.robot!r} can be played; use {', '.join(legged)}", 2)
    try:
        stairs = Staircase(config.riser, config.tread, config.steps, direction=config.direction)
        play(config, stairs)
    except ValueError as error:
        return _say(str(error), 2)
    except DeployError as error:
        return _say(str(error), error.status)
    except KeyboardInterrupt:
        pass
    return 0


def play(config: SimulationConfig, stairs: Staircase) -> None:
    """Play the robot until told to quit. Raises DeployError if nobody can be served."""
    spec = ROBOTS[config.robot]
    rng = np.random.default_rng(config.seed)
    scenario = trial(rng, spec, stairs)
    body = open_body(config.engine, spec, scenario, lying=True)
    player = Player(
        body, Senses(spec=spec, scenario=scenario, rng=rng, truth=body.truth()), config.socket
    )
    orders = Orders()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(
        f"{config.robot} lies before a flight {config.direction} in {config.engine} and listens "
        f"at {config.socket}",
        flush=True,
    )
    due = time.monotonic()
    noted = 0.0
    try:
        while True:
            for line in orders.come():
                order = _order(line)
                if "quit" in order:
                    return
                if order:
                    player.order(order)
            player.step()
            due += body.period
            now = time.monotonic()
            if now - noted > NOTE_PERIOD:
                noted = now
                truth = body.truth()
                print(
                    json.dumps(
                        {
                            "position": truth.position.round(3).tolist(),
                            "quaternion": truth.quaternion.round(3).tolist(),
                        }
                    ),
                    flush=True,
                )
            # A machine that is too slow makes the robot slow, not jumpy.
            due = max(due, now - BEHIND)
            time.sleep(max(0.0, due - now))
    finally:
        player.close()


def _order(line: str) -> dict[str, object]:
    try:
        return parse(line)
    except ValueError as error:
        _say(str(error), 0)
        return {}


def _say(problem: str, status: int) -> int:
    print(f"simulation: {problem}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
