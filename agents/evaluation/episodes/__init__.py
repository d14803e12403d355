"""Trials of a policy: what is asked, who plays what, and what came of it."""
