"""python -m deploy: from a trained policy to a robot.

Exit status: 0 done, 1 it could not be done, 2 wrong arguments, 3 a bundle's form, signature or hash was refused, 4 a check of verification failed,
5 an optional package is missing. Whatever is refused leaves every file as it was.
"""

import sys
from pathlib import Path
from typing import Any

import torch
import tyro

from agents.policies import PolicyError
from deploy.export import ExportConfig, export
from deploy.inspect import InspectConfig, inspect
from deploy.runtime.errors import DeployError
from deploy.signing import KeygenConfig, keygen
from deploy.verify import VerifyConfig, verify

COMMANDS: dict[str, tuple[Any, Any]] = {
    "export": (ExportConfig, export),
    "keygen": (KeygenConfig, keygen),
    "inspect": (InspectConfig, inspect),
    "verify": (VerifyConfig, verify),
}


def main() -> int:
    """Command line; the exit status is in the module's docstring."""
    # As on a robot: a second thread makes the slowest step slower.
    torch.set_num_threads(1)
    config: Any = tyro.extras.subcommand_cli_from_dict({name: kind for name, (kind, _) in COMMANDS.items()}, description=__doc__)
    run = next(run for kind, run in COMMANDS.values() if isinstance(config, kind))
    try:
        result = run(config)
    except (DeployError, PolicyError) as error:
        print(getattr(error, "report", ""), end="")
        print(f"deploy: {error}", file=sys.stderr)
        return getattr(error, "status", 1)
    print(f"wrote {result} ({result.stat().st_size} bytes)" if isinstance(result, Path) else result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
