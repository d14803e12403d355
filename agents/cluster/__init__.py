"""Rollouts from the CPUs of a Ray cluster."""
