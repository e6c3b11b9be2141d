"""Whether two spellings mean the same: names without case, accents, hyphens and spaces, telephone numbers by their digits."""

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not take apart into a plain one and its accent.
_PLAIN = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th", "æ": "ae", "œ": "oe"})


@lru_cache(maxsize=4096)
def letters(name: str) -> str:
    """The letters of a name alone: O’Brien-López is obrienlopez."""
    apart = unicodedata.normalize("NFKD", name)
    return "".join(filter(str.isalnum, apart)).casefold().translate(_PLAIN)


def digits(phone: str) -> str:
    """The ten digits of a telephone number, with or without a country code before them; empty when it has fewer than seven."""
    found = re.sub(r"[^0-9]", "", phone)[-10:]
    return found if len(found) >= 7 else ""
