"""What is typed on the public pages."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, PastDate, field_validator

from core.auth.matching import is_email
from core.tenant import Tenant
from core.texting import whole_number

LONGEST_NAME, LONGEST_EMAIL, LONGEST_NOTE = 100, 254, 500
OTHER, NO_INSURANCE = "another insurance", "no insurance"


def _kept(text: str) -> str:
    if "\0" in text:
        raise ValueError("This can’t be used as it is. Please type it anew.")
    return " ".join(text.split())


Name = Annotated[str, AfterValidator(_kept)]


class KnownForm(BaseModel):
    """Who says to have been here."""

    first_name: Name = Field(title="first name", max_length=LONGEST_NAME)
    last_name: Name = Field(title="last name", max_length=LONGEST_NAME)
    birthdate: PastDate = Field(title="birthdate")


class CodeForm(BaseModel):
    """The code that was sent."""

    code: str = Field(title="code", max_length=100)


class NewForm(KnownForm):
    """Who was never here, and how to reach them."""

    email: str = Field(title="e-mail address", max_length=LONGEST_EMAIL)
    phone: str = Field(title="phone number", max_length=40)
    guardian: Name = Field("", title="parent or guardian", max_length=LONGEST_NAME)
    insurance: Name = Field("", title="insurance", max_length=LONGEST_NAME)
    other_insurance: Name = Field("", title="name of the insurance", max_length=LONGEST_NAME)
    note: str = Field("", title="note to the office", max_length=LONGEST_NOTE)

    @field_validator("email")
    @classmethod
    def _is_email(cls, email: str) -> str:
        if not is_email(_kept(email)) or " " in email:
            raise ValueError("Type an e-mail address, such as robin@example.com: the code goes there.")
        return email

    @field_validator("phone")
    @classmethod
    def _is_phone(cls, phone: str) -> str:
        if not whole_number(_kept(phone)):
            raise ValueError("Type the phone number with its area code, such as 303-555-0142.")
        return phone

    @field_validator("note")
    @classmethod
    def _can_be_kept(cls, note: str) -> str:
        return note.replace("\0", "")


def insurances_of(place: Tenant) -> list[str]:
    """The insurances to choose from, those that are not taken among them."""
    settings = place.settings
    named = f"{settings['appointments.insurances']}\n{settings['appointments.insurances_refused']}"
    return sorted(_lines(named), key=str.casefold)


def is_refused(place: Tenant, insurance: str) -> bool:
    """Whether the office does not take this insurance."""
    return insurance in _lines(place.settings["appointments.insurances_refused"])


def words_of(typed: NewForm, reason: str) -> str:
    """What the office reads with the visit: the reason first."""
    insurance = typed.other_insurance if typed.insurance == OTHER and typed.other_insurance else typed.insurance
    parts = [reason, typed.guardian and f"Parent or guardian: {typed.guardian}", insurance and f"Insurance: {insurance}", typed.note]
    return "\n".join(part for part in parts if part)


def _lines(text: str) -> set[str]:
    return {" ".join(line.split()) for line in text.splitlines() if line.strip()}
