"""Tests of `agents.evaluation`."""
