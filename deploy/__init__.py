"""From a trained policy to a robot."""
