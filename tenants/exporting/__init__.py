"""Full exports, of the practice or of one patient: one ZIP of open formats, made in the background and offered for some days.

The ZIP is kept in parts, each of which a task makes in one transaction: a worker that is killed has done a part, or nothing. Downloading sends the
parts one after another; nothing holds the whole of it.
"""
