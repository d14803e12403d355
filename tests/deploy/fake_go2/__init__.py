"""Tests of `deploy.fake_go2`."""
