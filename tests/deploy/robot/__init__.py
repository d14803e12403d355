"""Tests of `deploy.robot`."""
