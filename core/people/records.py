"""The kinds of record that core takes in: providers, patients, and what they are to each other."""

from datetime import UTC, date, datetime
from typing import Literal

from sqlalchemy.orm import Session

from core.people.family import refresh_grants
from core.people.found_by import keep_words
from core.people.merging import became
from core.people.models import Patient, PatientWord, Provider, Relationship
from core.records import LinkedRecord, Record, RecordKind, show_at_once

# The kinds that the model product offers, in words.
Relation = Literal[
    "brother", "caregiver", "child", "father", "foster child", "friend", "grandchild", "grandfather", "grandmother", "grandparent", "guardian",
    "life partner", "mother", "other", "parent", "self", "sibling", "sister", "sitter", "spouse", "stepchild", "stepfather", "stepmother",
]  # fmt: skip


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


class PatientRecord(LinkedRecord):
    """A person with a chart; `guarantor`, `responsible_party`, `clinic` and `provider` are external ids."""

    clinic: str | None = None
    guarantor: str | None = None
    responsible_party: str | None = None
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
    text_ok: bool | None = None
    is_confidential: bool = False


class RelationshipRecord(Record):
    """What one patient is to another: `related` is the `patient`'s mother, caregiver, spouse … A guardian gets access."""

    patient: str
    related: str
    relation: Relation
    is_guardian: bool = False


def _renew_grants(session: Session) -> None:
    """After a batch with patients or relationships: who may see whom may have changed."""
    refresh_grants(session, session.info["practice_id"], datetime.now(UTC))


_OF_PATIENT = {"clinic": "clinic", "guarantor": "patient", "responsible_party": "patient", "provider": "provider"}
_OF_CHART = [PatientWord.patient_id, Relationship.patient_id, Relationship.related_id]
KINDS = [
    RecordKind("provider", ProviderRecord, Provider, after=show_at_once),
    RecordKind("patient", PatientRecord, Patient, _OF_PATIENT, _renew_grants, keep_words, became, parts=_OF_CHART, linked={"source": "records"}),
    RecordKind("relationship", RelationshipRecord, Relationship, {"patient": "patient", "related": "patient"}, _renew_grants),
]
