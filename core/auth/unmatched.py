"""The office's list of those who asked for access and did not get it by themselves: what they typed, and why."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from core import audit
from core.auth.matching import SENT, WHY
from core.auth.models import Registration
from core.auth.registering import CODE_LIVES
from core.people.models import Patient
from core.plugins.waiting import at_clinics
from core.tenant import hold

PAGE = 50
LAST_NUMBER = 2**31 - 1
DONE: Literal["done"] = "done"
DISMISSED: Literal["dismissed"] = "dismissed"
Outcome = Literal["done", "dismissed"]



class NotWaiting(Exception):
    """No such entry waits to be settled; the text says so."""


@dataclass(frozen=True)
class Entry:
    """One line of the list. `chart` is the number of the chart that fits, if exactly one does; `reason` is a word of core/auth/matching.py."""

    number: int
    asked_at: datetime
    first_name: str
    last_name: str
    birthdate: date
    contact: str
    reason: str
    why: str
    chart: str


def put(session: Session, entry: Registration, reason: str, patient_id: UUID | None) -> None:
    """Put an entry on the list, in place of an earlier one with the same words in it."""
    # One after the other: no two get the same number.
    hold(session, entry.practice_id)
    typed = {name: getattr(entry, name) for name in ("first_name", "last_name", "birthdate", "contact")}
    mine = (Registration.practice_id == entry.practice_id, Registration.id != entry.id, Registration.outcome == "", Registration.reason != "")
    session.execute(delete(Registration).filter_by(**typed).where(*mine))
    highest = session.scalar(select(func.max(Registration.number)).where(Registration.practice_id == entry.practice_id))
    entry.number, entry.reason, entry.patient_id = (highest or 0) + 1, reason, patient_id
    entry.looked_at = session.scalar(select(func.now()))


def entries(
    session: Session, practice_id: UUID, now: datetime, page: int = 1, clinic_ids: Collection[UUID] = ()
) -> tuple[list[Entry], bool]:
    """Fifty of those who wait for the office, the newest first, and whether there are more. Whose chart is of another clinic than these (none:
    all) is left out."""
    newest = _seen(select(Registration, Patient.external_id), practice_id, now, clinic_ids).order_by(Registration.number.desc())
    rows = session.execute(newest.limit(PAGE + 1).offset((max(page, 1) - 1) * PAGE)).all()
    return [_entry(row, number) for row, number in rows[:PAGE]], len(rows) > PAGE


def entry(session: Session, practice_id: UUID, number: int, now: datetime, clinic_ids: Collection[UUID] = ()) -> Entry | None:
    """One of them, by its number."""
    one = _seen(select(Registration, Patient.external_id), practice_id, now, clinic_ids).where(Registration.number == number)
    row = session.execute(one).one_or_none()
    return _entry(row[0], row[1]) if row else None


def settle(session: Session, practice_id: UUID, number: int, outcome: Outcome, now: datetime, by: UUID | None = None) -> None:
    """Take an entry off the list: access was given, or it was dismissed. `by` is whose account did it. Raises NotWaiting."""
    where = (*_waiting(practice_id, now), Registration.number == number)
    settled = update(Registration).where(*where).values(outcome=outcome, settled_at=now, settled_by=by).returning(Registration.id)
    entry_id = session.scalar(settled)
    if entry_id is None:
        raise NotWaiting(f"No request with the number {number} is waiting.")
    audit.record(session, practice_id, f"office.unmatched.{outcome}", now, account_id=by, target_id=entry_id)


def _seen(query: Select, practice_id: UUID, now: datetime, clinic_ids: Collection[UUID]) -> Select:
    chart = and_(Patient.practice_id == Registration.practice_id, Patient.id == Registration.patient_id)
    waiting = query.outerjoin(Patient, chart).where(*_waiting(practice_id, now))
    return waiting.where(or_(Registration.patient_id.is_(None), Patient.clinic_id.in_(clinic_ids))) if clinic_ids else waiting


def _waiting(practice_id: UUID, now: datetime) -> tuple:
    # While its code can be used, nobody need look at a request that fits.
    seen = or_(Registration.reason != SENT, Registration.asked_at <= now - CODE_LIVES)
    return Registration.practice_id == practice_id, Registration.number.is_not(None), Registration.outcome == "", seen


# Nothing waits before the worker has looked, however late that is.
_CAME_AT = func.greatest(Registration.looked_at, case((Registration.reason == SENT, Registration.asked_at + CODE_LIVES), else_=Registration.asked_at))
HOW_MANY = (
    select(func.count())
    .select_from(Registration)
    .outerjoin(Patient, and_(Patient.practice_id == Registration.practice_id, Patient.id == Registration.patient_id))
    .where(Registration.practice_id == bindparam("practice_id"), Registration.number.is_not(None), Registration.outcome == "")
    .where(or_(Registration.patient_id.is_(None), at_clinics(Patient.clinic_id)), bindparam("since") < _CAME_AT, bindparam("now") >= _CAME_AT)
)
"""How many wait, for the office's first page (core/plugins/waiting.py)."""


def _entry(row: Registration, chart: str | None) -> Entry:
    typed = (row.first_name, row.last_name, row.birthdate, row.contact)
    return Entry(row.number or 0, row.asked_at, *typed, row.reason, WHY[row.reason], chart or "")
