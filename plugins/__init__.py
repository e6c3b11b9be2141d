"""One folder for each tab. No tab imports another."""
