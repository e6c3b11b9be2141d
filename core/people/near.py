"""Names that are one slip apart: a letter wrong, left out or too many, or two neighbors swapped.

Two such names share a trace: the letters of either that stay when none or one is taken out. So what is near is found by looking traces up,
which is a plain comparison of words, and nothing else can be asked quickly behind the wall (core/people/finding.py).
"""

SHORTEST, LONGEST = 3, 40
"""The lengths of names, in letters, of which traces are kept: in shorter ones a slip leaves too little."""


def traces_of(name: str) -> set[str]:
    """The name itself, and what stays of it when any one letter is taken out; nothing for what is too short or too long."""
    if not SHORTEST <= len(name) <= LONGEST:
        return set()
    return {name, *(name[:place] + name[place + 1 :] for place in range(len(name)))}


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
