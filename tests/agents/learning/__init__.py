"""Tests of `agents.learning`."""
