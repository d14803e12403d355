"""Trials of a policy, and what came of them."""
