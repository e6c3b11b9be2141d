"""Time patterns as a form asks for them: parts of so many minutes, each the provider's own time or other time."""

from collections.abc import Sequence
from itertools import groupby

OWN, OTHER = "X", "/"
SIGN, LEAST, MOST = 5, 5, 720
SPARE = 3
"""How many empty parts stand below those that are filled in."""

Part = tuple[str, str]
"""Minutes as they were typed, and whose they are: `X` or `/`."""


class NoPattern(Exception):
    """What was typed makes no time pattern; the text says why."""


def parts_of(pattern: str) -> list[Part]:
    """The parts of a pattern, with some empty ones to add more."""
    return [(str(len(list(run)) * SIGN), sign) for sign, run in groupby(pattern)] + [("", OWN)] * SPARE


def typed_parts(minutes: Sequence[object], whose: Sequence[object]) -> list[Part]:
    """The parts as they were sent; what is missing is the provider's."""
    pairs = zip(minutes, [*whose, *[OWN] * len(minutes)], strict=False)
    return [(text.strip() if isinstance(text, str) else "", OTHER if sign == OTHER else OWN) for text, sign in pairs]


def pattern_of(parts: Sequence[Part]) -> str:
    """The pattern that these parts make; nothing where none is filled in. Raises NoPattern."""
    pattern = "".join(sign * _signs(number, text) for number, (text, sign) in enumerate(parts, 1) if text)
    if pattern and OWN not in pattern:
        raise NoPattern("Give the provider at least five minutes of their own time.")
    if len(pattern) * SIGN > MOST:
        raise NoPattern("A visit can be 12 hours long at most. Shorten its parts.")
    return pattern


def _signs(number: int, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise NoPattern(f"Type the minutes of part {number} as a number, such as 20.")
    minutes = int(text)
    if minutes % SIGN:
        raise NoPattern(f"Type the minutes of part {number} in steps of five, such as {max(SIGN, minutes // SIGN * SIGN)}.")
    return minutes // SIGN
