"""How other systems say that there is none: whoever was asked takes no medicine, has no allergy, no problem."""

import re

CODES = {"problem": ("160245001",), "allergy": ("716186003",), "medication": ("787481004",)}
"""By SNOMED CT."""
_WORDS = re.compile(
    r"no (?:(?:known|current|active|relevant|significant|long[- ]term) )+(?:medications?|medicines?|problems?|conditions?|allerg(?:y|ies))\.?", re.IGNORECASE
)


def says_none(words: str) -> bool:
    """Whether a name is none, such as "No current long-term medications". "No known food allergy" says less, and is kept as it is."""
    return bool(_WORDS.fullmatch(" ".join(words.split())))
