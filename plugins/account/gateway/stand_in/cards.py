"""The cards and bank accounts that the stand-in knows: Stripe's own numbers for tests, and one of ours. No real one is taken or kept."""

import re
from dataclasses import dataclass
from datetime import date


class NumberRefused(ValueError):
    """What was typed cannot be used; `field` is the form's field, the text says what to do."""

    def __init__(self, field: str, message: str):
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class TestNumber:
    """A card or bank account: what happens when it is charged.

    `refusal` is Stripe's decline code; `asks` says whether the bank wants to be asked: `always`, or `once`, until it has been kept with the bank's
    approval; `answers` is false where the answer to a request is lost on its way.
    """

    __test__ = False  # not a test case, whatever its name begins with

    number: str
    brand: str
    meaning: str
    refusal: str = ""
    asks: str = ""
    answers: bool = True
    disputed: bool = False
    refund_fails: bool = False

    @property
    def last_four(self) -> str:
        """What may be shown of it; no two have the same."""
        return self.number[-4:]

    @property
    def spaced(self) -> str:
        """The number as it is printed on a card."""
        return " ".join(re.findall(".{1,4}", self.number))


CARDS = (
    TestNumber("4242424242424242", "visa", "pays"),
    TestNumber("5555555555554444", "mastercard", "pays"),
    TestNumber("4000000000000002", "visa", "is declined", "generic_decline"),
    TestNumber("4000000000009995", "visa", "has too little money", "insufficient_funds"),
    TestNumber("4000000000000069", "visa", "has expired", "expired_card"),
    TestNumber("4000002500003155", "visa", "asks your bank, once", asks="once"),
    TestNumber("4000002760003184", "visa", "asks your bank each time", asks="always"),
    TestNumber("4000000000000341", "visa", "can be kept, and is declined afterwards", "kept_only"),
    TestNumber("4000000000000119", "visa", "pays, but the answer is lost", answers=False),
    TestNumber("4000000000000259", "visa", "pays, and the payer disputes it", disputed=True),
    TestNumber("4000000000005126", "visa", "pays; giving money back fails", refund_fails=True),
)
BANK_ACCOUNTS = (
    TestNumber("000123456789", "STRIPE TEST BANK", "pays after some time"),
    TestNumber("000111111116", "STRIPE TEST BANK", "fails after some time", "no_account"),
    TestNumber("000555555559", "STRIPE TEST BANK", "pays after some time, and comes back afterwards", disputed=True),
    TestNumber("000222222227", "STRIPE TEST BANK", "has too little money, which is known after some time", "insufficient_funds"),
)
ROUTING_NUMBER = "110000000"
_BY_LAST_FOUR = {known.last_four: known for known in (*CARDS, *BANK_ACCOUNTS)}
_BY_NUMBER = {known.number: known for known in (*CARDS, *BANK_ACCOUNTS)}
_EXPIRY = re.compile(r"(0?[1-9]|1[0-2])\s*/\s*(?:20)?([0-9]{2})")


def known_by(method: dict) -> TestNumber:
    """What stands behind a payment method."""
    return _BY_LAST_FOUR[method[method["type"]]["last4"]]


def read_card(number: str, expiry: str, code: str, today: date) -> tuple[TestNumber, int, int]:
    """A test card, and the month and year in which it ends. Raises NumberRefused, which never repeats the number."""
    card = _BY_NUMBER.get(re.sub(r"[\s-]", "", number))
    if card is None or card not in CARDS:
        raise NumberRefused("number", "Only the test cards below are taken. Never type a real card here.")
    match = _EXPIRY.fullmatch(expiry.strip())
    if match is None:
        raise NumberRefused("expiry", "Give the month and year, such as 12/34.")
    month, year = int(match[1]), 2000 + int(match[2])
    if (year, month) < (today.year, today.month):
        raise NumberRefused("expiry", "That date is over. Give any later one, such as 12/34.")
    if not re.fullmatch(r"[0-9]{3,4}", code.strip()):
        raise NumberRefused("code", "Give the three digits; any will do.")
    return card, month, year


def read_bank_account(routing: str, number: str) -> TestNumber:
    """A test bank account. Raises NumberRefused."""
    if re.sub(r"\s", "", routing) != ROUTING_NUMBER:
        raise NumberRefused("routing", f"Use the test routing number {ROUTING_NUMBER}.")
    account = _BY_NUMBER.get(re.sub(r"[\s-]", "", number))
    if account is None or account not in BANK_ACCOUNTS:
        raise NumberRefused("account", "Only the test accounts below are taken. Never type a real account here.")
    return account
