"""Learning and judging: PPO from stable-baselines3, checkpoints, trials, reports."""
