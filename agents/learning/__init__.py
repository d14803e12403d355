"""PPO and the robots it learns from."""
