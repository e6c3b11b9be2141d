"""Pushing."""


def push_next(office, system, now) -> bool:
    """Nothing yet."""
    return False


PUSHED: dict[str, str] = {}
"""What each kind of change is called on the office's page."""
