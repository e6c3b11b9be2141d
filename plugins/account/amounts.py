"""Amounts of money as people type them, turned into cents. Dollars and cents only: the portal's practices are in one currency."""

import re
import unicodedata

from core.web.formats import money

LARGEST_PAYMENT_CENTS = 5_000_000
"""$50,000.00; a larger sum is far more often a slip of the finger than a dental bill."""

LARGEST_GUEST_PAYMENT_CENTS = 1_000_000
"""$10,000.00 for who has not signed in: cards that were stolen are tried out where nobody asks who one is."""

CURRENCY = "USD"

# Digits are ASCII only: \d would also take digits of other scripts, which int() reads but nobody here can check by eye.
_TYPED = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?:\.[0-9]{0,2})?")
# The code of another currency before or after the amount, such as EUR 25.
_CURRENCY = re.compile(r"^(?!USD)[A-Z]{3}[0-9]|[0-9](?!USD)[A-Z]{3}$", re.IGNORECASE)
_HOW_TO = "Write it in dollars and cents, such as 25 or 25.50."


class AmountRefused(ValueError):
    """What was typed is not an amount that can be paid; the text says what to do."""


def parse_amount(typed: str) -> int:
    """Cents from what was typed: "12", "$12", "1,234.5" and "12.50" are read; "12.345", "1.234,50" and words are not.

    Raises AmountRefused.
    """
    text = "".join(typed.split()).removeprefix("$")
    if not text:
        raise AmountRefused(f"Please enter the amount. {_HOW_TO}")
    if text.startswith(("-", "−", "(")):
        raise AmountRefused(f"The amount must be more than zero. {_HOW_TO}")
    if any(unicodedata.category(sign) == "Sc" and sign != "$" for sign in text) or _CURRENCY.search(text):
        raise AmountRefused(f"Amounts here are in US dollars. {_HOW_TO}")
    if not _TYPED.fullmatch(text) or not any(character.isdigit() for character in text):
        raise AmountRefused(f"We could not read this amount. {_HOW_TO}")
    return _cents(text)


def _cents(text: str) -> int:
    dollars, _, cents = text.replace(",", "").partition(".")
    if len(dollars.lstrip("0")) > 9:
        raise AmountRefused(_too_large())
    return int(dollars or "0") * 100 + int(cents.ljust(2, "0"))


def check_amount(cents: int, minimum_cents: int, largest_cents: int = LARGEST_PAYMENT_CENTS) -> None:
    """Raise AmountRefused unless a card may be charged with this amount."""
    if cents <= 0:
        raise AmountRefused("The amount must be more than zero.")
    if cents < minimum_cents:
        raise AmountRefused(f"The smallest payment by card is {money(minimum_cents)}.")
    if cents > largest_cents:
        raise AmountRefused(_too_large(largest_cents))


def _too_large(largest_cents: int = LARGEST_PAYMENT_CENTS) -> str:
    return f"The largest payment here is {money(largest_cents)}. For more than that, please call the office."
