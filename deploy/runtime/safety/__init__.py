"""One tick, pure: machine, guards, motions, pilot."""
