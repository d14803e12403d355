"""Tests of `agents.training`."""
