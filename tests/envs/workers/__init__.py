"""Tests of `envs.workers`."""
