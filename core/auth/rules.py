"""What a new password must be: the rule that offices print on their sheets, and hard enough to guess."""

from collections.abc import Iterable

from zxcvbn import zxcvbn

from core.auth.models import Account
from core.people.models import Patient

SHORTEST, LONGEST = 8, 128
_MEASURED = 72  # the rest of a long password makes it no weaker, and measuring takes longer with every character
_ENOUGH = 2
"""Of the scores 0 to 4: above a hundred million guesses."""


def words_about(account: Account, patient: Patient | None) -> list[str]:
    """What a password of this account must not hold: its names, and the first part of its address."""
    names = [patient.first_name, patient.last_name, patient.preferred_name] if patient else account.name.split()
    return [account.user_name, account.email.partition("@")[0], *names]


class WeakPassword(Exception):
    """The password cannot be used; the text says what to do."""


def check_new_password(password: str, about: Iterable[str] = ()) -> None:
    """Refuse what is too short, too plain or easy to guess; `about` are the user name and names of the person. Raises WeakPassword."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(f"Use {SHORTEST} to {LONGEST} characters.")
    if "\0" in password or not password.strip():
        raise WeakPassword("Use letters, digits and signs that can be seen.")
    if not (any(map(str.isupper, password)) and any(map(str.islower, password)) and any(map(str.isdigit, password))):
        raise WeakPassword("Use at least one capital letter, one small letter and one digit.")
    words = [word for word in about if word]
    if any(len(word) > 3 and word.casefold() in password.casefold() for word in words):
        raise WeakPassword("Leave your name and your user name out of the password.")
    if zxcvbn(password[:_MEASURED], user_inputs=words, max_length=_MEASURED)["score"] < _ENOUGH:
        raise WeakPassword("This password is easy to guess. Add another word or two that nobody would expect.")
