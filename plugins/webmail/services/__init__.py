"""What can be done with messages: reading them, writing them, and telling the other side."""
