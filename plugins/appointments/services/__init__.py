"""What can be done with visits: plain functions of a session and plain arguments."""
