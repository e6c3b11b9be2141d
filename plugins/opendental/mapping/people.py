"""Patients with their families, and who is whose guardian."""

from plugins.opendental.mapping.reading import Record, Row, day, deleted, flag, number, one_of, reference, words, written_day
from plugins.opendental.mapping.setup import Setup

STATUSES = ("Patient", "NonPatient", "Inactive", "Archived", "Deleted", "Deceased", "Prospective")
GONE = frozenset({"Archived", "Deleted"})
"""Charts of these statuses are not in the portal: nobody is invited, reminded or shown. That of somebody who has died stays for those who look after it."""
_STANDING = {"NonPatient": "nonpatient", "Inactive": "inactive", "Deceased": "deceased", "Prospective": "prospective"}
SEXES = ("Male", "Female", "Unknown", "Other")
TEXTS = ("Unknown", "Yes", "No")
LANGUAGES = {"": "en-US", "en": "en-US", "eng": "en-US", "english": "en-US", "es": "es-US", "spa": "es-US", "spanish": "es-US"}
RELATIONS = (
    "father", "mother", "stepfather", "stepmother", "grandfather", "grandmother", "sitter", "brother", "caregiver", "fosterchild", "guardian",
    "grandparent", "other", "parent", "stepchild", "self", "sibling", "sister", "spouse", "child", "lifepartner", "friend", "grandchild",
)  # fmt: skip
_TWO_WORDS = {"fosterchild": "foster child", "lifepartner": "life partner"}


def is_gone(row: Row) -> bool:
    """Whether a chart is not to be in the portal."""
    return one_of(row, "PatStatus", STATUSES) in GONE


def patient(row: Row, setup: Setup) -> Record:
    """A person with a chart. Who is no patient, such as a parent who pays, has one too."""
    number_ = number(row, "PatNum")
    if is_gone(row):
        return deleted("patient", number_)
    head = reference(row, "Guarantor")
    return {
        "kind": "patient",
        "external_id": number_,
        "clinic": reference(row, "ClinicNum"),
        "status": _STANDING.get(one_of(row, "PatStatus", STATUSES), "active"),
        "guarantor": number_ if head is None or head in setup.gone else head,
        "responsible_party": party if (party := reference(row, "ResponsParty")) not in setup.gone else None,
        "provider": reference(row, "PriProv"),
        "first_name": words(row, "FName", 100),
        "last_name": words(row, "LName", 100),
        "preferred_name": words(row, "Preferred", 100),
        "birthdate": written_day(day(row, "Birthdate")),
        "sex": {"Male": "M", "Female": "F"}.get(one_of(row, "Gender", SEXES), "U"),
        "email": _first_address(words(row, "Email", 300)),
        "phone": words(row, "WirelessPhone", 40) or words(row, "HmPhone", 40) or words(row, "WkPhone", 40),
        "address_1": words(row, "Address", 200),
        "address_2": words(row, "Address2", 200),
        "city": words(row, "City", 100),
        "state": words(row, "State", 40),
        "postal_code": words(row, "Zip", 20),
        "language": LANGUAGES.get(words(row, "Language", 40).casefold(), "en-US"),
        "text_ok": {"Yes": True, "No": False}.get(one_of(row, "TxtMsgOk", TEXTS)),
    } | ({"portal_id": setup.added[number_]} if number_ in setup.added else {})


def relationship(row: Row, setup: Setup) -> Record | None:
    """What one patient is to another, from the query of their table of guardians; None where a chart of the two is not in the portal."""
    child, adult = reference(row, "PatNumChild"), reference(row, "PatNumGuardian")
    if child is None or adult is None or {child, adult} & setup.gone:
        return None
    relation = one_of(row, "Relationship", RELATIONS) or "other"
    return {
        "kind": "relationship",
        "external_id": number(row, "GuardianNum"),
        "patient": child,
        "related": adult,
        "relation": _TWO_WORDS.get(relation, relation),
        "is_guardian": flag(row, "IsGuardian"),
    }


def _first_address(addresses: str) -> str:
    # The field takes several, one after another.
    return addresses.replace(";", ",").partition(",")[0].strip()
