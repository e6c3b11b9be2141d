"""The kinds of record that core takes in: providers and patients."""

from datetime import date
from typing import Literal

from core.people.models import Patient, Provider
from core.records import Record, RecordKind, show_at_once


class ProviderRecord(Record):
    """A dentist or hygienist."""

    first_name: str
    last_name: str
    preferred_name: str = ""
    title: str = ""
    suffix: str = ""
    specialty: str = ""
    npi: str = ""
    email: str = ""


class PatientRecord(Record):
    """A person with a chart; `guarantor`, `clinic` and `provider` are external ids."""

    clinic: str | None = None
    guarantor: str | None = None
    provider: str | None = None
    first_name: str
    last_name: str
    preferred_name: str = ""
    birthdate: date | None = None
    sex: Literal["F", "M", "U"] = "U"
    email: str = ""
    phone: str = ""
    address_1: str = ""
    address_2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    language: str = "en-US"


KINDS = [
    RecordKind("provider", ProviderRecord, Provider, after=show_at_once),
    RecordKind("patient", PatientRecord, Patient, {"clinic": "clinic", "guarantor": "patient", "provider": "provider"}),
]
