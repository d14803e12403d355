"""The control loop's process, its deadman and what they write down."""
