"""Tests of `deploy/cpp`."""
