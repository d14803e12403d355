"""What runs on the robot: torch, numpy, the standard library and a bundle. Python 3.8 and later."""
