"""User names: what one may be, taking another one, and those that the office's sheets carry."""

import secrets
import string
import unicodedata
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.auth.services import normal_user_name

SHORTEST, LONGEST = 3, 60
_MOST_LETTERS = 20
_DIGITS = 5
_DRAWS = 50
TAKEN = "That user name is taken. Choose another, such as your name with a few digits."


class WrongUserName(Exception):
    """The user name cannot be used; the text says what to do."""


def check_user_name(user_name: str) -> str:
    """The user name as it is kept, without spaces around it. Raises WrongUserName."""
    name = unicodedata.normalize("NFC", user_name).strip()
    if not SHORTEST <= len(name) <= LONGEST:
        raise WrongUserName(f"Use {SHORTEST} to {LONGEST} characters for the user name.")
    if "@" in name:
        raise WrongUserName("A user name can’t be an e-mail address. Leave out the @.")
    # Signs that cannot be seen, or that turn the direction of writing, would make two names look the same.
    if any(sign != " " and unicodedata.category(sign)[0] in "CZ" for sign in name):
        raise WrongUserName("Use letters, digits and signs that can be seen.")
    return name


def rename(session: Session, account: Account, user_name: str) -> None:
    """Give an account another user name. Raises WrongUserName, also when somebody was quicker."""
    name = check_user_name(user_name)
    try:
        with session.begin_nested():
            account.user_name, account.user_name_norm = name, normal_user_name(name)
    except IntegrityError:
        raise WrongUserName(TAKEN) from None


def is_taken(session: Session, practice_id: UUID, user_name: str) -> bool:
    """Whether somebody in the practice has this user name, in whatever case."""
    where = (Account.practice_id == practice_id, Account.user_name_norm == normal_user_name(user_name))
    return bool(session.scalar(select(exists().where(*where))))


def free_user_name(session: Session, practice_id: UUID, first_name: str) -> str:
    """A user name such as Mary33403 that nobody in the practice has."""
    return next(name for name in (draw_user_name(first_name) for _ in range(_DRAWS)) if not is_taken(session, practice_id, name))


def draw_user_name(first_name: str) -> str:
    """First name in plain letters, and five digits by chance; Patient33403 for a name without such letters."""
    plain = unicodedata.normalize("NFKD", first_name)
    letters = "".join(letter for letter in plain if letter in string.ascii_letters)[:_MOST_LETTERS]
    number = secrets.randbelow(9 * 10 ** (_DIGITS - 1)) + 10 ** (_DIGITS - 1)
    return f"{letters[:1].upper()}{letters[1:]}{number}" if letters else f"Patient{number}"
