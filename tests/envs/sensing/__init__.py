"""Tests of `envs.sensing`."""
