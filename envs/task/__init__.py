"""What an episode is.

Stairs, scenarios, curriculum, randomisation, rewards, terminations and the operator.
"""
