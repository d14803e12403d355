"""A bundle on the robot: opened, verified, brought to life."""
