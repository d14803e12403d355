"""What is exported, and how it is proven."""
