"""The kinds of record that describe a practice and its clinics."""

from typing import Annotated

from pydantic import Field

from core.records import Record, RecordKind, show_at_once
from core.records.fields import Email, Hours, Name, Phone, Position, PostalCode, State, TimeZone, example
from tenants.models import Clinic, PracticeDetails


class PracticeRecord(Record):
    """The practice itself; there is one. What the office has chosen in the portal, such as its name there, counts more."""

    model_config = example({"external_id": "PRACTICE", "name": "Main Street Dental", "phone": "303-555-0100", "email": "desk@office.example.test", "time_zone": "America/Denver"})

    name: Annotated[Name, Field(min_length=1)]
    """What the practice is called."""
    phone: Phone = ""
    """The number that patients call where their clinic has none of its own."""
    email: Email = ""
    """The address to which they write where their clinic has none of its own."""
    time_zone: TimeZone
    """The time zone by which the practice keeps time where there is no clinic, such as America/Denver."""


class ClinicRecord(Record):
    """One location of the practice. What the office has set on its own page counts more."""

    model_config = example(
        {
            "external_id": "C1", "name": "Main Street", "phone": "303-555-0100", "email": "desk@office.example.test", "address_1": "200 Main Street", "city": "Boulder",
            "state": "CO", "postal_code": "80302", "time_zone": "America/Denver", "hours": {"0": ["08:00", "17:00"], "1": ["08:00", "17:00"], "4": ["08:00", "12:30"]},
        }
    )  # fmt: skip

    name: Name
    """What patients call this location."""
    phone: Phone = ""
    """The number that patients call."""
    email: Email = ""
    """The address to which patients write."""
    address_1: Name = ""
    """The street and number."""
    address_2: Name = ""
    """The floor, the suite."""
    city: Name = ""
    """The town."""
    state: State = ""
    """The state, by its two letters."""
    postal_code: PostalCode = ""
    """The ZIP or postal code."""
    time_zone: TimeZone
    """The time zone of the location, such as America/Denver: every time that patients see is by its clock."""
    position: Position = 0
    """The place in lists of clinics, the lowest first."""
    hours: Hours = {}
    """A weekday ("0" is Monday) to when it opens and closes, such as ["08:00", "17:00"]; a weekday that is left out is closed."""


KINDS = [
    RecordKind("practice", PracticeRecord, PracticeDetails, after=show_at_once),
    RecordKind("clinic", ClinicRecord, Clinic, after=show_at_once),
]
