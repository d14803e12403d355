"""Training robots in worker processes."""
