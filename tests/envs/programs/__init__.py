"""Tests of `envs.programs`."""
