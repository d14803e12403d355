"""What a robot's sensors say of the true state."""
