"""What the office says of people who may be patients here already: the same, somebody else, or later."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from core import audit
from core.people.finding import seen_at
from core.people.matching import Match, Person, compare
from core.people.models import Patient, PatientNumber
from core.people.recognizing import SAME, WAITING, person_in
from core.plugins.waiting import at_clinics
from core.records import waiting

DIFFERENT = "different"
LATER = timedelta(days=7)
"""For so long a question that was put off is not among what waits."""
MOST = 50


class CannotDecide(Exception):
    """It cannot be done like this any more; the text says why."""


@dataclass(frozen=True)
class Question:
    """A number under which somebody came in, what is said of the person, and the patient who it may be."""

    row: PatientNumber
    person: Person
    patient: Patient
    match: Match


_WAITS = (PatientNumber.state == WAITING,)
HOW_MANY = (
    select(func.count())
    .select_from(PatientNumber)
    .join(Patient, (Patient.practice_id == PatientNumber.practice_id) & (Patient.id == PatientNumber.patient_id))
    .where(PatientNumber.practice_id == bindparam("practice_id"), *_WAITS, at_clinics(Patient.clinic_id))
    .where(func.coalesce(PatientNumber.later_until, PatientNumber.first_at) > bindparam("since"))
    .where(func.coalesce(PatientNumber.later_until, PatientNumber.first_at) <= bindparam("now"))
)
"""How many wait, for the office's first page (core/plugins/waiting.py)."""


def questions(session: Session, practice_id: UUID, page: int, clinic_ids: Any = ()) -> tuple[list[Question], bool]:
    """One page of what waits, the oldest first, with what was put off behind; and whether there is more."""
    query = _waiting(practice_id, clinic_ids).order_by(PatientNumber.later_until.nulls_first(), PatientNumber.first_at, PatientNumber.id)
    rows = session.execute(query.offset((page - 1) * MOST).limit(MOST + 1)).all()
    return [_question(*both) for both in rows[:MOST]], len(rows) > MOST


def question(session: Session, practice_id: UUID, row_id: UUID, clinic_ids: Any = ()) -> Question | None:
    """One that waits, if its patient is one of these clinics'."""
    found = session.execute(_waiting(practice_id, clinic_ids).where(PatientNumber.id == row_id)).one_or_none()
    return _question(*found) if found else None


def same(session: Session, practice_id: UUID, row_id: UUID, now: datetime, by: UUID | None) -> None:
    """It is this patient: the number leads to the chart from now on. Raises CannotDecide."""
    row = _held(session, practice_id, row_id)
    number = (Patient.practice_id == practice_id, Patient.external_id == row.external_id)
    if session.scalar(select(Patient.id).where(*number)):
        raise CannotDecide("A chart with this number is here by now. If the two are one person, make one chart of them.")
    others = (PatientNumber.practice_id == practice_id, PatientNumber.external_id == row.external_id, PatientNumber.id != row.id)
    session.execute(update(PatientNumber).where(*others).values(state=DIFFERENT, said=None, decided_at=now, decided_by_id=by))
    if row.is_own:
        # A chart that was made here gets its number; where it has another one, this one leads to it, too.
        mine = (Patient.practice_id == practice_id, Patient.id == row.patient_id, Patient.external_id.is_(None))
        session.execute(update(Patient).where(*mine).values(external_id=row.external_id, source="records"))
    _decide(session, row, SAME, now, by)


def different(session: Session, practice_id: UUID, row_id: UUID, now: datetime, by: UUID | None) -> None:
    """It is somebody else, who is not asked about for this patient again. Raises CannotDecide."""
    _decide(session, _held(session, practice_id, row_id), DIFFERENT, now, by)


def later(session: Session, practice_id: UUID, row_id: UUID, now: datetime, by: UUID | None) -> None:
    """Put it off for a week. Raises CannotDecide."""
    row = _held(session, practice_id, row_id)
    row.later_until = now + LATER
    audit.record(session, practice_id, "office.same_person.later", now, account_id=by, patient_id=row.patient_id, target_id=row.id)


def _decide(session: Session, row: PatientNumber, state: str, now: datetime, by: UUID | None) -> None:
    row.state, row.said, row.decided_at, row.decided_by_id = state, None, now, by
    session.flush()
    waiting.want_one(session, "patient", row.external_id, now)
    audit.record(session, row.practice_id, f"office.same_person.{state}", now, account_id=by, patient_id=row.patient_id, target_id=row.id)


def _held(session: Session, practice_id: UUID, row_id: UUID) -> PatientNumber:
    """The question, which nobody else decides meanwhile."""
    mine = (PatientNumber.practice_id == practice_id, PatientNumber.id == row_id, *_WAITS)
    row = session.scalars(select(PatientNumber).where(*mine).with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise CannotDecide("Somebody has decided this already, or the record says something else by now.")
    return row


def _waiting(practice_id: UUID, clinic_ids: Any):
    joined = select(PatientNumber, Patient).join(Patient, (Patient.practice_id == practice_id) & (Patient.id == PatientNumber.patient_id))
    return joined.where(PatientNumber.practice_id == practice_id, *_WAITS, *seen_at(practice_id, clinic_ids))


def _question(row: PatientNumber, patient: Patient) -> Question:
    said = dict(row.said or {})
    born = said.get("birthdate")
    person = person_in(said | {"birthdate": date.fromisoformat(born) if born else None})
    return Question(row, person, patient, compare(person, patient))
