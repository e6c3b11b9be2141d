"""What is typed on the public pages."""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Carrier:
    """An insurance, what its rule is (`allow`, `told` or `refuse`), and what patients with it read."""

    name: str
    rule: str
    message: str = ""


def carriers_of(place: Tenant) -> dict[str, Carrier]:
    """The insurances of which the office has said something, by their names in small letters, in the order of the alphabet."""
    found = {}
    for rule, name in (("allow", "insurances"), ("told", "insurances_told"), ("refuse", "insurances_refused")):
        for line in place.settings[f"appointments.{name}"].splitlines():
            carrier, _, message = (" ".join(part.split()) for part in line.partition(":"))
            if carrier:
                found[carrier.casefold()] = Carrier(carrier, rule, message)
    return dict(sorted(found.items()))


def choices_of(place: Tenant) -> list[tuple[str, str]]:
    """What the list of insurances offers; nothing where the office has none, and patients type theirs."""
    names = [one.name for one in carriers_of(place).values()]
    other = [] if place.settings["appointments.insurance_other"] == "hide" else [(OTHER, "Another insurance")]
    return [("", "Please choose"), *((name, name) for name in names), *other, (NO_INSURANCE, "No insurance")] if names else []


def carrier_of(place: Tenant, typed: NewForm) -> Carrier | None:
    """The insurance that somebody has, chosen or typed, if the office has said something of it."""
    carriers = carriers_of(place)
    if typed.insurance == OTHER and carriers:
        rule = "refuse" if place.settings["appointments.insurance_other"] != "ask" else "allow"
        return carriers.get(typed.other_insurance.casefold()) or Carrier(typed.other_insurance, rule)
    return carriers.get(typed.insurance.casefold())


def words_of(typed: NewForm, reason: str) -> str:
    """What the office reads with the visit: the reason first."""
    insurance = typed.other_insurance if typed.insurance == OTHER and typed.other_insurance else typed.insurance
    parts = [reason, typed.guardian and f"Parent or guardian: {typed.guardian}", insurance and f"Insurance: {insurance}", typed.note]
    return "\n".join(part for part in parts if part)
