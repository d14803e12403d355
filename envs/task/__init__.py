"""What an episode is: stairs, scenarios, curriculum, randomisation, rewards, terminations,
operator.
"""
