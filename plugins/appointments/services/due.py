"""Who is due for which recall, as the office lists it, and the recalls of a patient that it keeps by hand."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.people.models import Patient
from plugins.appointments.models import Recall, RecallType

PAGE = 50
_PATIENT = and_(Patient.practice_id == Recall.practice_id, Patient.id == Recall.patient_id)
_TYPE = and_(RecallType.practice_id == Recall.practice_id, RecallType.id == Recall.recall_type_id)


class NoSuchRecall(Exception):
    """There is no such recall, or its patient is another clinic's."""


class HasAlready(Exception):
    """The patient has a recall of this type."""


@dataclass(frozen=True)
class Wanted:
    """Which recalls: due from and until, of one type, at one clinic; with those that have a visit, and those that are disabled."""

    first: date | None = None
    last: date | None = None
    type_id: UUID | None = None
    clinic_id: UUID | None = None
    with_scheduled: bool = False
    with_disabled: bool = False


@dataclass(frozen=True)
class Listed:
    """A recall with its type and whose it is."""

    recall: Recall
    type: RecallType
    patient: Patient


def listed(session: Session, practice_id: UUID, wanted: Wanted, clinic_ids: Collection[UUID], today: date, page: int) -> tuple[list[Listed], bool]:
    """One page of the due list, what is due longest first, and whether there are more; one statement."""
    where = [Recall.practice_id == practice_id, Recall.due_on.is_not(None)]
    where += [Recall.due_on >= wanted.first] if wanted.first else []
    where += [Recall.due_on <= wanted.last] if wanted.last else []
    where += [Recall.recall_type_id == wanted.type_id] if wanted.type_id else []
    where += [Patient.clinic_id == wanted.clinic_id] if wanted.clinic_id else []
    where += [Patient.clinic_id.in_(clinic_ids)] if clinic_ids else []
    where += [] if wanted.with_scheduled else [Recall.appointment_id.is_(None), (Recall.scheduled_on.is_(None)) | (Recall.scheduled_on < today)]
    where += [] if wanted.with_disabled else [Recall.is_disabled.is_(False), (Recall.disabled_until.is_(None)) | (Recall.disabled_until <= today)]
    found = select(Recall, RecallType, Patient).join(Patient, _PATIENT).join(RecallType, _TYPE).where(*where).order_by(Recall.due_on, Recall.id)
    rows = [Listed(*row) for row in session.execute(found.offset((page - 1) * PAGE).limit(PAGE + 1))]
    return rows[:PAGE], len(rows) > PAGE


def of_patient(session: Session, practice_id: UUID, patient_id: UUID) -> list[Listed]:
    """All recalls of a patient."""
    where = (Recall.practice_id == practice_id, Recall.patient_id == patient_id)
    found = select(Recall, RecallType, Patient).join(Patient, _PATIENT).join(RecallType, _TYPE).where(*where)
    return [Listed(*row) for row in session.execute(found.order_by(RecallType.position, RecallType.name, Recall.id))]


def one(session: Session, practice_id: UUID, recall_id: UUID, clinic_ids: Collection[UUID]) -> Listed:
    """One recall. Raises NoSuchRecall."""
    where = [Recall.practice_id == practice_id, Recall.id == recall_id, *([Patient.clinic_id.in_(clinic_ids)] if clinic_ids else [])]
    row = session.execute(select(Recall, RecallType, Patient).join(Patient, _PATIENT).join(RecallType, _TYPE).where(*where)).one_or_none()
    if row is None:
        raise NoSuchRecall
    return Listed(*row)


def add(session: Session, practice_id: UUID, patient_id: UUID, type_id: UUID, values: Mapping[str, Any]) -> Recall:
    """Let a patient be due for something. Raises HasAlready."""
    made = Recall(practice_id=practice_id, patient_id=patient_id, recall_type_id=type_id, **values)
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError:
        raise HasAlready from None
    return made


def change(recall: Recall, values: Mapping[str, Any]) -> bool:
    """Change a recall that the office keeps, and tell whether anything did."""
    new = {name: value for name, value in values.items() if getattr(recall, name) != value}
    for name, value in new.items():
        setattr(recall, name, value)
    return bool(new)
