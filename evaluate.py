"""Judge a policy on flights of stairs: python evaluate.py --help."""

import sys

from agents.evaluation.cli import main

if __name__ == "__main__":
    sys.exit(main())
