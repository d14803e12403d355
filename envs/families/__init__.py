"""What is true of all robots that walk, or all that roll on tracks."""
