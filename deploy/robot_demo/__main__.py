"""Dress rehearsal on this machine: provision, flash, climb over DDS, refuse an armed robot, flash a
broken release and watch it roll back. Ends with one page.

Exit status: 0 everything came out as it should, 1 it did not, 2 wrong arguments.
"""

import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from deploy.bundle.assemble import sealed
from deploy.bundle.signing import load_private
from deploy.fake_go2.operator import FakeOperator, fake_robot
from deploy.robot.connection import Connection
from deploy.robot.local_host import local_host
from deploy.robot_demo import film, page
from deploy.robot_demo.play import Play
from deploy.runtime.bundle import archive, manifest
from deploy.runtime.errors import DeployError
from deploy.runtime.loop import blackbox
from deploy.runtime.target import supervised
from deploy.runtime.target.layout import Layout
from envs.task.staircase import Staircase

SPEED = 0.5
"""Speed at which the operator lets it climb [m/s]."""
NO_MOTORS = 30
"""Index of a motor that no Go2 has: its messages have 20 places for motors."""


@dataclass(frozen=True)
class RobotDemoConfig:
    """Provision a computer, flash it, let a fake Go2 climb, and break an update on purpose."""

    policy: str = "go2"
    """A shipped policy, a run's folder or a checkpoint."""
    riser: float = 0.10
    """Height of a step [m]."""
    output: Path = Path("out/robot-demo")
    """Folder of the page and the video."""


def main() -> int:
    """Command line; the exit status is in the module's docstring."""
    config = tyro.cli(RobotDemoConfig, description=__doc__)
    try:
        config.output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="treadwell-") as name:
            well = perform(config, Path(name))
    except (DeployError, OSError) as error:
        print(f"robot-demo: {error}", file=sys.stderr)
        return 1
    print(f"wrote {config.output / 'index.html'}")
    return 0 if well else 1


def perform(config: RobotDemoConfig, folder: Path) -> bool:
    """The whole play and its page; whether everything came out as it should.

    Raises:
        DeployError: something that the play needs does not work at all.
    """
    play = Play(folder)
    ssh = folder / "ssh"
    root = folder / "treadwell"
    ssh.mkdir()
    root.mkdir()
    play.command(
        "Make a key", "Only bundles that it has signed run on the robot.", "keygen", "--out", "KEY"
    )
    play.command(
        "Export",
        "The policy as a signed bundle, after all its checks.",
        "export",
        "--policy",
        config.policy,
        "--key",
        "KEY",
        "--version",
        "1.0.0",
        "--out",
        "one.bundle",
    )
    with local_host(ssh, root) as connection, fake_robot(folder, riser=config.riser) as operator:
        layout = Layout(root)
        try:
            _first_release(
                play=play, connection=connection, operator=operator, layout=layout, config=config
            )
            _second_release(play, connection)
        finally:
            supervised.stop(layout)
        film.film(
            path=config.output / "climb.mp4",
            box=_longest(layout.log),
            where=operator.events("where"),
            stairs=Staircase(config.riser),
        )
    shutil.copy(folder / "journal.jsonl", config.output)
    page.write(config.output / "index.html", play.acts, config.output / "climb.mp4")
    return all(act.well for act in play.acts)


def _first_release(
    play: Play,
    connection: Connection,
    operator: FakeOperator,
    layout: Layout,
    config: RobotDemoConfig,
) -> None:
    bus = [
        "--link",
        "go2",
        "--option",
        *(f"{name}={value}" for name, value in operator.options.items()),
    ]
    there = _words(connection)
    stairs = Staircase(config.riser)
    play.command(
        "Provision",
        "Folders, service, public key and runtime, on a computer that had nothing.",
        "provision",
        *there,
        "--public-key",
        "KEY.pub",
        *bus,
        "--service",
        "process",
        "--python",
        sys.executable,
    )
    play.command(
        "Flash 1.0.0",
        "Verified here, verified and tested there, then swapped; it comes up damped.",
        "flash",
        "one.bundle",
        *there,
        "--public-key",
        "KEY.pub",
    )
    play.hands(
        "Climb",
        "A person arms the robot with its remote control, lets it stand up, pushes one stick, and "
        "steers with the other.",
        lambda: _climb(operator, layout, stairs),
    )
    play.command(
        "Flash an armed robot",
        "It is refused: nobody replaces the controller of a robot that stands.",
        "flash",
        "one.bundle",
        *there,
        "--public-key",
        "KEY.pub",
        expected=24,
    )
    play.hands("Sit down", "It lies down and is damped again.", lambda: _sit(operator, layout))


def _second_release(play: Play, connection: Connection) -> None:
    there = _words(connection)
    files = archive.unpack((play.folder / "one.bundle").read_bytes())
    about = manifest.from_bytes(files[archive.MANIFEST])
    broken = replace(about, version="1.1.0", motor_index=(*about.motor_index[:-1], NO_MOTORS))
    content = {name: data for name, data in files.items() if name in about.files}
    (play.folder / "two.bundle").write_bytes(
        sealed(broken, content, load_private(play.folder / "KEY"))
    )
    play.command(
        "Flash 1.1.0, which is broken",
        "Signed, and its program is sound; but it names a motor that the robot lacks. Only the "
        "robot can tell, and goes back.",
        "flash",
        "two.bundle",
        *there,
        "--public-key",
        "KEY.pub",
        expected=29,
    )
    play.command("Status", "1.0.0 runs again.", "status", *there)


def _climb(operator: FakeOperator, layout: Layout, stairs: Staircase) -> str:
    for button, state in (("start", "armed"), ("A", "ready"), ("A", "running")):
        _press(operator=operator, button=button, layout=layout, state=state)
    outcome = operator.walk(
        stairs,
        SPEED,
        lambda: next((name for name in ("arrived", "fallen") if operator.events(name)), ""),
    )
    if outcome != "arrived":
        raise DeployError(
            "the robot fell on its way up; look at the video of another run, or try another riser"
        )
    _press(operator=operator, button="B", layout=layout, state="holding")
    return (
        "start: armed. A: it stands. A, left stick forward, right stick to keep to the middle: "
        f"it walks, and has {outcome}. B: it holds."
    )


def _sit(operator: FakeOperator, layout: Layout) -> str:
    _press(operator=operator, button="X", layout=layout, state="damped")
    return "X: it sits down. Damped."


def _press(operator: FakeOperator, button: str, layout: Layout, state: str) -> None:
    """Press a button, and wait until the control loop says that it has come to `state`."""
    operator.press(button)
    operator.until(lambda: supervised.see(layout).status == state, f"the state {state!r}")


def _words(connection: Connection) -> list[object]:
    return [
        connection.host,
        "--port",
        connection.port,
        "--identity",
        connection.identity,
        "--known-hosts",
        connection.known_hosts,
        "--root",
        connection.root,
    ]


def _longest(folder: Path) -> Path:
    """The black box in which most happened: every start of the loop begins a new one."""
    return max(folder.glob("*.blackbox"), key=lambda path: len(blackbox.read(path)[1]))


if __name__ == "__main__":
    sys.exit(main())
