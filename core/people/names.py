"""Names that people type of themselves and of others."""

import unicodedata

LONGEST = 100


def check_name(text: str) -> str:
    """A name as it is kept: one line of letters and signs that can be seen. Raises ValueError with what to do."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    # Signs that cannot be seen, or that turn the direction of writing, would make a name look like another.
    if not any(letter.isalpha() for letter in name) or any(sign != " " and unicodedata.category(sign)[0] in "CZ" for sign in name):
        raise ValueError("Type the name in letters that can be seen, such as Ada Lovelace.")
    return name
