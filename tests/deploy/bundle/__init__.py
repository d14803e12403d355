"""Tests of `deploy.bundle`."""
