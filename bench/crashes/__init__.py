"""Whether payments are right whatever dies: `rounds.py` runs it, `points.py` is inside each process, `killer.py` decides, `truth.py` compares."""
