"""What a practice has set up in Open Dental, as far as other rows cannot be read without it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from plugins.opendental.mapping.reading import Row, flag, is_number, number, procedure_words, reference, words

CONFIRMATION, PAYMENT_TYPE, ADJUSTMENT, IMAGE_CATEGORY, PRIORITY, BLOCKOUT = 2, 10, 1, 18, 20, 25
"""Categories of their definitions."""
CATEGORY_NAMES = {
    "ApptConfirmed": CONFIRMATION, "PaymentTypes": PAYMENT_TYPE, "AdjTypes": ADJUSTMENT, "ImageCats": IMAGE_CATEGORY,
    "TxPriorities": PRIORITY, "BlockoutTypes": BLOCKOUT,
}  # fmt: skip
E_CONFIRMATIONS = {
    "ApptEConfirmStatusSent": "asked",
    "ApptEConfirmStatusAccepted": "confirmed",
    "ApptEConfirmStatusDeclined": "callback",
    "ApptEConfirmStatusSendFailed": "failed",
}
"""The preferences that say which confirmation status an answer leads to."""
CONFIRMATIONS = ("unconfirmed", "asked", "confirmed", "callback", "failed")


@dataclass(frozen=True)
class Code:
    """A procedure code: what the office calls it, and how it is shortened in the description of a visit."""

    code: str
    words: str
    short: str = ""
    is_hygiene: bool = False


@dataclass(frozen=True)
class Setup:
    """What is needed to read rows: zones of the clinics by number, what confirmation statuses mean, the chairs' clinics, the codes.

    `own_confirmations` and `own_categories` are what the office has chosen on its page; they count more than what follows from theirs.
    `defined` has rows of definitions, such as kinds of allergies, by resource and number; `receipts` the receipt of each payment that was
    made here, by their number of it; `made` our ids of visits that were booked here, by the mark in their note, `added` those of charts that were
    made here, by their number; `gone` the numbers of charts that are not in the portal; `folders` the folder of images for each letter that says what it is for.
    """

    time_zone: str
    zones: Mapping[str, str] = field(default_factory=dict)
    confirmations: Mapping[str, str] = field(default_factory=dict)
    own_confirmations: Mapping[str, str] = field(default_factory=dict)
    own_categories: Mapping[str, bool] = field(default_factory=dict)
    chairs: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Code] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    defined: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)
    receipts: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, str] = field(default_factory=dict)
    statement_categories: frozenset[str] = frozenset()
    folders: Mapping[str, str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    today: date | None = None

    def zone(self, clinic: str | None) -> str:
        """The zone of a clinic by its number; the practice's where it has none."""
        return self.zones.get(clinic or "", self.time_zone)

    def confirmation(self, status: str | None) -> str:
        """What a confirmation status means to the portal."""
        return self.own_confirmations.get(status or "") or self.confirmations.get(status or "") or "unconfirmed"

    def name(self, definition: str | None) -> str:
        """What a definition is called."""
        return self.names.get(definition or "", "")

    def defined_row(self, resource: str, number_: str | None) -> Row:
        """A definition by its number; an empty row where there is none."""
        return self.defined.get(resource, {}).get(number_ or "", {})

    def defined_word(self, resource: str, number_: str | None, name: str) -> str:
        """One text of a definition."""
        return words(self.defined_row(resource, number_), name, 300)

    def words_of(self, code: str) -> str:
        """What a procedure is called for patients."""
        known = self.codes.get(code)
        return known.words if known else procedure_words(code)


def category_of(row: Row) -> int:
    """The category of a definition, which comes as a number or by name."""
    said = words(row, "Category", 40)
    return int(said) if is_number(said) else CATEGORY_NAMES.get(said, -1)


def e_confirmations(rows: Iterable[Row]) -> dict[str, str]:
    """What the office's eConfirmation settings say of its confirmation statuses: the number of a status to our word."""
    found = {name: reference(row, "ValueString") for row in rows if (name := words(row, "PrefName", 80)) in E_CONFIRMATIONS}
    return {status: E_CONFIRMATIONS[name] for name, status in found.items() if status}


def chairs(rows: Iterable[Row]) -> dict[str, str]:
    """The clinic of each operatory that has one."""
    return {number(row, "OperatoryNum"): clinic for row in rows if (clinic := reference(row, "ClinicNum"))}


def codes(rows: Iterable[Row]) -> dict[str, Code]:
    """The procedure codes by code, without what is official in them."""
    found = {}
    for row in rows:
        code = words(row, "ProcCode", 15)
        found[code] = Code(code, procedure_words(code, words(row, "LaymanTerm", 200)), words(row, "AbbrDesc", 50), flag(row, "IsHygiene"))
    return found
