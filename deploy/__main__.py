"""python -m deploy: from a trained policy to a robot."""

import sys

import tyro

from deploy.export import ExportConfig, ExportError, export


def main() -> int:
    """Command line. Exit status: 0 done, 1 it could not be done, 2 wrong arguments."""
    config = tyro.extras.subcommand_cli_from_dict({"export": ExportConfig}, description=__doc__)
    from agents.policies import PolicyError

    try:
        path = export(config)
    except (ExportError, PolicyError) as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 1
    print(f"wrote {path} ({path.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
