"""How old somebody is."""

from datetime import date


def years(born: date, today: date) -> int:
    """Whole years; who was born on February 29 has the birthday on March 1 in other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
