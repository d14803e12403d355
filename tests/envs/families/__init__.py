"""Tests of `envs.families`."""
