"""Tests of `deploy.simulation`."""
