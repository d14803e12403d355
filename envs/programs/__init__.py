"""The controller: torch only, batch first, stepped in simulation and exported to the robot."""
