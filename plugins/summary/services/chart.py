"""What the practice holds for one patient's care summary."""

from dataclasses import replace
from types import GenericAlias
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import Label, Row, ScalarSelect, Select, select
from sqlalchemy.orm import Session

from core.people.models import Patient, Provider
from plugins.summary import models
from plugins.summary.ccd import content
from plugins.summary.services import documents
from plugins.summary.services.together import rows_as_json

# Each part of the chart: its table, what its rows become, and the column that puts the newest first.
_PARTS: dict[str, tuple[Any, Any, Any]] = {
    "allergies": (models.Allergy, content.Allergy, models.Allergy.noted_on),
    "medications": (models.Medication, content.Medication, models.Medication.started_on),
    "problems": (models.Problem, content.Problem, models.Problem.started_on),
    "immunizations": (models.Immunization, content.Immunization, models.Immunization.given_on),
    "results": (models.Result, content.Result, models.Result.taken_at),
    "vital_signs": (models.VitalSigns, content.VitalSigns, models.VitalSigns.taken_at),
    "procedures": (models.Procedure, content.Procedure, models.Procedure.done_on),
    "smoking": (models.SmokingStatus, content.SmokingStatus, models.SmokingStatus.asked_on),
}


def _reader(kind: Any) -> TypeAdapter[Any]:
    many: Any = GenericAlias(tuple, (kind, ...))
    return TypeAdapter(many)


_READERS = {name: _reader(kind) for name, (_, kind, _) in _PARTS.items()}
_MEASURED = ("results", "vital_signs")
_NOT_SHOWN = {"practice_id", "patient_id", "external_id"}


def load(session: Session, practice_id: UUID, patient_id: UUID, zone: ZoneInfo) -> content.Chart:
    """The whole chart in one statement, newest entries first, moments in this time zone."""
    return _chart(session.execute(_query(practice_id, patient_id)).one(), zone)


def load_with_documents(
    session: Session, practice_id: UUID, patient_id: UUID, zone: ZoneInfo
) -> tuple[content.Chart, list[documents.Listed]]:
    """The chart and the documents from outside, together in one statement."""
    beside = documents.listed_as_json(practice_id, patient_id).label("documents")
    row = session.execute(_query(practice_id, patient_id, beside)).one()
    return _chart(row, zone), documents.LISTED.validate_python(row.documents)


def _query(practice_id: UUID, patient_id: UUID, *beside: Label) -> Select:
    parts = [_entries(model, newest, practice_id, patient_id).label(name) for name, (model, _, newest) in _PARTS.items()]
    return (
        select(*_PATIENT, *_PROVIDER, *parts, *beside)
        .outerjoin(Provider, (Provider.practice_id == Patient.practice_id) & (Provider.id == Patient.provider_id))
        .where(Patient.practice_id == practice_id, Patient.id == patient_id)
    )


def _entries(model: Any, newest: Any, practice_id: UUID, patient_id: UUID) -> ScalarSelect:
    columns = [column for column in model.__table__.columns if column.name not in _NOT_SHOWN]
    where = model.practice_id == practice_id, model.patient_id == patient_id
    return rows_as_json(columns, [newest.desc().nulls_last(), model.id], where)


def _chart(row: Row, zone: ZoneInfo) -> content.Chart:
    entries = {name: reader.validate_python(getattr(row, name)) for name, reader in _READERS.items()}
    entries |= {name: tuple(replace(one, taken_at=one.taken_at.astimezone(zone)) for one in entries[name]) for name in _MEASURED}
    return content.Chart(_subject(row), _clinician(row), **entries)


_PATIENT = (
    Patient.id, Patient.external_id, Patient.first_name, Patient.last_name, Patient.preferred_name, Patient.birthdate, Patient.sex, Patient.address_1,
    Patient.address_2, Patient.city, Patient.state, Patient.postal_code, Patient.phone, Patient.email, Patient.language,
)  # fmt: skip
_PROVIDER = (
    Provider.id.label("provider_id"), Provider.title.label("provider_title"), Provider.first_name.label("provider_first_name"),
    Provider.last_name.label("provider_last_name"), Provider.suffix.label("provider_suffix"), Provider.npi.label("provider_npi"),
)  # fmt: skip


def _subject(row: Row) -> content.Subject:
    lines = tuple(line for line in (row.address_1, row.address_2) if line)
    return content.Subject(
        id=row.id,
        record_number=row.external_id or str(row.id),
        first_name=row.first_name,
        last_name=row.last_name,
        preferred_name=row.preferred_name,
        birthdate=row.birthdate,
        sex=row.sex,
        address=content.Address(lines, row.city, row.state, row.postal_code),
        phone=row.phone,
        email=row.email,
        language=row.language,
    )


def _clinician(row: Row) -> content.Clinician | None:
    if row.provider_id is None:
        return None
    return content.Clinician(
        row.provider_id, row.provider_title, row.provider_first_name, row.provider_last_name, row.provider_suffix, row.provider_npi
    )
