"""Files that are imported: what reads them, and the one engine that takes in what was read, whoever asked for it."""
