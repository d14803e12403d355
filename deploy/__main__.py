"""python -m deploy: from a trained policy to a robot.

Exit status: 0 done, 1 it could not be done, 2 wrong arguments, 3 a bundle's form, signature or hash
was refused, 4 a check of verification or rehearsal failed, 5 an optional package is missing, 6 the
robot cannot be reached or refuses, 7 the control loop had to give up and left the robot damped.
Whatever is refused leaves every file as it was.

`python -m deploy run BUNDLE --link NAME ...` drives a robot from this machine as `python -m
deploy.runtime run` does on the robot's own: see its --help.

Of a robot: 20 its host key is unknown or has changed, 21 it refuses the login, 22 it does not
answer, 23 it is not provisioned, 24 it is not damped, 25 the bundle is for another robot or
runtime, 26 the version is too old, 27 another flash is at work on it, 28 the self-test there
failed, 29 the service did not come up or stay up. Whatever it was, the release before runs, unless
the message says that it does not.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import tyro

from agents.policies import PolicyError
from deploy.bundle.export import ExportConfig, export
from deploy.bundle.inspect import InspectConfig, inspect
from deploy.bundle.signing import KeygenConfig, keygen
from deploy.bundle.verify import VerifyConfig, verify
from deploy.robot.flash import FlashConfig, flash
from deploy.robot.installed import RollbackConfig, StatusConfig, rollback, status
from deploy.robot.log import LogConfig, log
from deploy.robot.provision import ProvisionConfig, provision
from deploy.runtime.errors import DeployError
from deploy.runtime.link import LinkError
from deploy.runtime.loop import run
from deploy.simulation.rehearse import RehearseConfig, rehearse

COMMANDS: dict[str, tuple[type, Callable[..., Path | str]]] = {
    "export": (ExportConfig, export),
    "keygen": (KeygenConfig, keygen),
    "inspect": (InspectConfig, inspect),
    "verify": (VerifyConfig, verify),
    "rehearse": (RehearseConfig, rehearse),
    "provision": (ProvisionConfig, provision),
    "flash": (FlashConfig, flash),
    "status": (StatusConfig, status),
    "rollback": (RollbackConfig, rollback),
    "log": (LogConfig, log),
}


def main() -> int:
    """Command line; the exit status is in the module's docstring."""
    try:
        result = _drive(sys.argv[2:]) if sys.argv[1:2] == ["run"] else _work()
    except (DeployError, LinkError, PolicyError) as error:
        print(getattr(error, "report", ""), end="")
        print(f"deploy: {error}", file=sys.stderr)
        return getattr(error, "status", 1)
    print(f"wrote {result} ({result.stat().st_size} bytes)" if isinstance(result, Path) else result)
    return 0


def _drive(words: Sequence[str]) -> str:
    """The result of `run`, which has the runtime's own arguments."""
    summary = (run.run.__doc__ or "").split("\n\n")[0]
    parser = argparse.ArgumentParser("python -m deploy run", description=summary)
    run.arguments(parser)
    return run.run(parser.parse_args(words))


def _work() -> Path | str:
    """The result of any other command."""
    # As on a robot: a second thread makes the slowest step slower.
    torch.set_num_threads(1)
    config: object = tyro.extras.subcommand_cli_from_dict(
        {name: kind for name, (kind, _) in COMMANDS.items()}, description=__doc__
    )
    command = next(command for kind, command in COMMANDS.values() if isinstance(config, kind))
    return command(config)


if __name__ == "__main__":
    sys.exit(main())
