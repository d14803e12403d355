"""Bullet, and what Bullet does not model: motors and tracks."""
