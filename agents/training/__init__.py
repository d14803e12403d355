"""A training run: configuration, checkpoints, logs."""
