"""The cards that the local stand-in knows. They are the payment industry's usual test numbers; no real card is taken or kept."""

import re
from dataclasses import dataclass
from datetime import date


class CardRefused(ValueError):
    """The card details cannot be used; `field` is the form's field, the text says what to do."""

    def __init__(self, field: str, message: str):
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class TestCard:
    """A test card: what happens when it is charged. `refusal` is a reason of `refusals`; `answers` is False for the one that stays silent."""

    __test__ = False  # not a test case, whatever its name begins with

    number: str
    brand: str
    meaning: str
    refusal: str = ""
    answers: bool = True

    @property
    def method(self) -> str:
        """What stands for the card from here on; the number goes no further."""
        return f"test_card_{self.number[-4:]}"

    @property
    def label(self) -> str:
        """What a receipt shows."""
        return f"{self.brand} ending in {self.number[-4:]}"

    @property
    def spaced(self) -> str:
        """The number as it is printed on a card."""
        return " ".join(re.findall("....", self.number))


TEST_CARDS = (
    TestCard("4242424242424242", "Visa", "pays"),
    TestCard("5555555555554444", "Mastercard", "pays"),
    TestCard("4000000000000002", "Visa", "is declined", "card_declined"),
    TestCard("4000000000009995", "Visa", "has too little money", "insufficient_funds"),
    TestCard("4000002760003184", "Visa", "asks for the bank’s approval", "needs_authentication"),
    TestCard("4000002500003155", "Visa", "asks for the bank’s approval", "needs_authentication"),
    TestCard("4000000000000119", "Visa", "pays, but the answer is lost", answers=False),
)
BY_METHOD = {card.method: card for card in TEST_CARDS}
_BY_NUMBER = {card.number: card for card in TEST_CARDS}
_EXPIRY = re.compile(r"(0?[1-9]|1[0-2])\s*/\s*(?:20)?([0-9]{2})")


def read_card(number: str, expiry: str, code: str, today: date) -> str:
    """The method that stands for a test card. Raises CardRefused, which never repeats the number."""
    card = _BY_NUMBER.get(re.sub(r"[\s-]", "", number))
    if not number.strip():
        raise CardRefused("card_number", "Please enter the card number.")
    if card is None:
        raise CardRefused("card_number", "This is not one of the test cards. Never enter a real card here.")
    _check_expiry(expiry, today)
    if not re.fullmatch(r"[0-9]{3,4}", code.strip()):
        raise CardRefused("card_code", "Please enter the 3 digits from the back of the card.")
    return card.method


def _check_expiry(typed: str, today: date) -> None:
    match = _EXPIRY.fullmatch(typed.strip())
    if not match:
        raise CardRefused("card_expiry", "Please enter month and year, such as 04/30.")
    month, year = int(match[1]), 2000 + int(match[2])
    if (year, month) < (today.year, today.month):
        raise CardRefused("card_expiry", "This card has expired. Please check the date.")
