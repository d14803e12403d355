"""Tests of `envs.task`."""
