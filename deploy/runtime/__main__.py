"""python -m deploy.runtime: what a robot's own computer does with a bundle.

Exit status: 0 done, 1 it could not be done, 2 wrong arguments, 3 the bundle's form, signature or
hash was refused, 4 a check of the self-test failed, 5 an optional package is missing, 6 the robot
cannot be reached or refuses, 7 the control loop had to give up and left the robot damped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from deploy.runtime.bundle import selftest
from deploy.runtime.errors import DeployError
from deploy.runtime.link import LinkError
from deploy.runtime.loop import run

COMMANDS = {
    "run": (run.arguments, run.run),
    "selftest": (selftest.arguments, selftest.selftest),
}


def main(words: Sequence[str]) -> int:
    """Command line; the exit status is in the module's docstring."""
    parser = argparse.ArgumentParser(
        "python -m deploy.runtime",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (add_arguments, command) in COMMANDS.items():
        summary = (command.__doc__ or "").split("\n\n")[0]
        add_arguments(commands.add_parser(name, help=summary, description=summary))
    options = parser.parse_args(words)
    try:
        print(COMMANDS[options.command][1](options))
    except (DeployError, LinkError) as error:
        print(getattr(error, "report", ""), end="")
        print(f"deploy: {error}", file=sys.stderr)
        return error.status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
