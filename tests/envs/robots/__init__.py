"""Tests of `envs.robots`."""
