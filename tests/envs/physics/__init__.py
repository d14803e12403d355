"""Tests of `envs.physics`."""
