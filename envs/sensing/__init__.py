"""Sensors: what they say of the true state."""
