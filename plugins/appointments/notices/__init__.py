"""Notices about visits: the rules, what is due when and to whom, and sending it."""
