"""Train a robot to climb stairs: python train.py --help."""

import sys

from agents.training.cli import main

if __name__ == "__main__":
    sys.exit(main())
