"""The kinds of record that core takes in: providers, patients, and what they are to each other."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.people.family import refresh_grants
from core.people.found_by import keep_words
from core.people.merging import became, follow
from core.people.models import Patient, PatientNumber, PatientWord, Provider, Relationship
from core.people.moved import named
from core.people.recognizing import recognize
from core.people.unmerging import followed, unfollow
from core.records import LinkedRecord, Record, RecordKind, show_at_once
from core.records.fields import Code, Email, ExternalId, Name, Phone, PostalCode, State, example
from core.sql import among

# The kinds that the model product offers, in words.
Relation = Literal[
    "brother", "caregiver", "child", "father", "foster child", "friend", "grandchild", "grandfather", "grandmother", "grandparent", "guardian",
    "life partner", "mother", "other", "parent", "self", "sibling", "sister", "sitter", "spouse", "stepchild", "stepfather", "stepmother",
]  # fmt: skip


class ProviderRecord(Record):
    """A dentist or hygienist."""

    model_config = example(
        {"external_id": "D1", "first_name": "Dana", "last_name": "Okafor", "title": "Dr.", "suffix": "DDS", "specialty": "General dentistry", "npi": "1234567893"},
        {"external_id": "H1", "first_name": "Theo", "last_name": "Lindqvist", "preferred_name": "Theo, your hygienist", "suffix": "RDH", "specialty": "Hygiene"},
    )

    first_name: Name
    """The given name."""
    last_name: Name
    """The family name."""
    preferred_name: Name = ""
    """What patients call them, where that is another name than title, names and suffix."""
    title: Name = ""
    """Before the name, such as "Dr."."""
    suffix: Name = ""
    """After the name, such as "DDS"."""
    specialty: Name = ""
    """What they do, in words that patients read."""
    npi: Code = ""
    """The national provider identifier, ten digits; it stands in care documents."""
    email: Email = ""
    """Where notices of messages to this provider go."""


class PatientRecord(LinkedRecord):
    """A person with a chart."""

    model_config = example(
        {
            "external_id": "P1", "clinic": "C1", "guarantor": "P1", "provider": "D1", "first_name": "Rosa", "last_name": "Vale", "birthdate": "1984-05-17", "sex": "F",
            "email": "rosa.vale@example.test", "phone": "303-555-0114", "address_1": "12 Alder Street", "city": "Boulder", "state": "CO", "postal_code": "80302",
            "language": "en-US", "text_ok": True,
        },
        {"external_id": "P2", "clinic": "C1", "guarantor": "P1", "first_name": "Juniper", "last_name": "Vale", "preferred_name": "June", "birthdate": "2017-09-02"},
    )  # fmt: skip

    merged_into: ExternalId | None = None
    """The patient of whose chart this one has become part: what is here under this number moves there, and what comes for it later arrives there. A later
    record without it takes that back."""
    clinic: ExternalId | None = None
    """The home clinic: its contact details, look and settings are those that the patient sees."""
    status: Literal["active", "inactive", "prospective", "nonpatient", "archived", "deceased"] = "active"
    """How the patient stands with the practice. Nobody loses access by it; nobody is told of anything in the charts of the archived and the deceased, and
    whoever is not active or prospective is not asked to come for a recall."""
    guarantor: ExternalId | None = None
    """The patient who is the head of the family's account, perhaps the same one. Sees the accounts of those for whom they pay."""
    responsible_party: ExternalId | None = None
    """The patient who looks after this one, as in a nursing home, and may see the record."""
    provider: ExternalId | None = None
    """The provider whom the patient usually sees."""
    first_name: Name
    """The given name."""
    last_name: Name
    """The family name."""
    preferred_name: Name = ""
    """What the patient is called, where that is not the given name."""
    birthdate: date | None = None
    """The day of birth. Children's records open for their parents by it, and close when they come of age."""
    sex: Literal["F", "M", "U"] = "U"
    """Female, male, or unknown, as the chart has it."""
    email: Email = ""
    """Where invitations and notices go."""
    phone: Phone = ""
    """The number at which the patient is reached, best a mobile one."""
    address_1: Name = ""
    """The street and number."""
    address_2: Name = ""
    """The apartment, the building."""
    city: Name = ""
    """The town."""
    state: State = ""
    """The state, by its two letters."""
    postal_code: PostalCode = ""
    """The ZIP or postal code."""
    language: Annotated[str, Field(max_length=35)] = "en-US"
    """The language that the patient speaks, as a tag such as en-US or es-US."""
    text_ok: bool | None = None
    """Whether they allowed text messages; left out where nobody has asked."""
    is_confidential: bool = False
    """Whether the record is hidden from guarantor, guardians and responsible party."""


class RelationshipRecord(Record):
    """What one patient is to another: `related` is the `patient`'s mother, caregiver, spouse … A guardian gets access."""

    model_config = example({"external_id": "R1", "patient": "P2", "related": "P1", "relation": "mother", "is_guardian": True})

    patient: ExternalId
    """Whose relation it is."""
    related: ExternalId
    """The patient who is related."""
    relation: Relation
    """What the related one is to the patient."""
    is_guardian: bool = False
    """Whether the related one is the guardian, who sees the record and acts for the patient."""


def _written(session: Session, ids: Collection[UUID]) -> None:
    """What patients are found by, and who may see their records."""
    keep_words(session, ids)
    _renew_grants(session, ids)


def _related(session: Session, ids: Collection[UUID]) -> Callable[[], None] | None:
    """Before relationships change or go: what they said counts no more on the records of those who were named."""
    before = _wards(session, ids)
    return lambda: _renew_grants(session, before)


def _relate(session: Session, ids: Collection[UUID]) -> None:
    _renew_grants(session, _wards(session, ids))


def _wards(session: Session, ids: Collection[UUID]) -> set[UUID]:
    relations = select(Relationship.patient_id).where(Relationship.practice_id == session.info["practice_id"], among(Relationship.id, ids))
    return set(session.scalars(relations))


def _renew_grants(session: Session, people: Collection[UUID]) -> None:
    refresh_grants(session, session.info["practice_id"], datetime.now(UTC), people)


_OF_PATIENT = {"clinic": "clinic", "guarantor": "patient", "responsible_party": "patient", "provider": "provider"}
_OF_CHART = [PatientWord.patient_id, PatientNumber.patient_id, Relationship.patient_id, Relationship.related_id]
KINDS = [
    RecordKind("provider", ProviderRecord, Provider, after=show_at_once),
    RecordKind("patient", PatientRecord, Patient, _OF_PATIENT, None, _written, became, recognize=recognize, merge=follow, followed=followed, unmerge=unfollow, named=named, parts=_OF_CHART, linked={"source": "records"}),
    RecordKind("relationship", RelationshipRecord, Relationship, {"patient": "patient", "related": "patient"}, written=_relate, changing=_related, going=_related),
]
