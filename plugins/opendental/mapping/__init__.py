"""Pure functions from rows of Open Dental to records of ours, one module for each subject. They know neither network nor database."""
