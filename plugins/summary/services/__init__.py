"""What the Summary tab can do, one file for each subject."""
