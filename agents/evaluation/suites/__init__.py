"""What a policy is tried on: one file a suite."""
