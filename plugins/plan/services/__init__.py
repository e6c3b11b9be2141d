"""Treatment plans: reading them, how each stands, and signing them."""
