"""Tests of `agents.cluster`."""
