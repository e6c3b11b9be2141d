"""Names that are one slip apart: a letter wrong, left out or too many, or two neighbors swapped.

A slip leaves one half of a name as it is: the other name begins or ends like it. So each name leaves two traces, read from its beginning and
from its end, and what may be near is found by looking up how traces begin: a plain comparison of words, and nothing else can be asked quickly
behind the wall (core/people/finding.py).
"""

SHORTEST, LONGEST = 3, 40
"""The lengths of names, in letters, of which traces are kept: in shorter ones a slip leaves too little."""


def traces_of(name: str) -> set[str]:
    """The name from its beginning and from its end; nothing for what is too short or too long."""
    return {name, backwards(name)} if SHORTEST <= len(name) <= LONGEST else set()


def backwards(name: str) -> str:
    """The name from its end, behind a sign that is in no name."""
    return f"<{name[::-1]}"


def beginnings_of(name: str) -> set[str]:
    """How a trace begins of every name that is one slip apart from this one, and of others: `is_near` says which. Nothing for what leaves no traces."""
    if not traces_of(name):
        return set()
    half = len(name) // 2
    # Two neighbors that are swapped in the very middle leave neither half.
    swapped = name[: half - 1] + name[half] + name[half - 1] + name[half + 1 :]
    return {name[:half], backwards(name[half:]), swapped}


def is_near(one: str, other: str) -> bool:
    """Whether two names are one slip apart, or the same."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    start = _same(one, other)
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    rest, left = one[start:], other[start:]
    swapped = len(rest) > 1 and rest[:2] == left[1::-1] and rest[2:] == left[2:]
    return rest[1:] == left[1:] or swapped


def _same(one: str, other: str) -> int:
    """How many letters at the beginning are the same."""
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
