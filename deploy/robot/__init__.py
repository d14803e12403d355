"""A robot's computer, from here: provision, flash, status, rollback, log."""
