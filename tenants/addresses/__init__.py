"""Where a practice is found: its short address, its own domains, and the address that its mails come from."""
