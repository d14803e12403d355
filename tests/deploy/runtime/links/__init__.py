"""Tests of `deploy.runtime.links`."""
