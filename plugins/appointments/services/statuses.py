"""A visit as the office opens it, and how it is confirmed, set by hand."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.audit import AuditEvent
from core.auth.models import Account
from core.people.models import Patient
from plugins.appointments import changes
from plugins.appointments.models import Appointment, ConfirmationStatus

AT_OFFICE = ("arrived", "seated", "dismissed")
"""Who has such a status is, or was, here: nothing is asked any more."""
MEANS = {"sent": "asked", "accepted": "confirmed", "not_accepted": "callback", "failed": "failed", "booked": "unconfirmed", "": "unconfirmed"} | dict.fromkeys(AT_OFFICE, "confirmed")
"""What a patient's answer is when a status with this meaning is set."""
MOST_ENTRIES = 30


class NoSuchVisit(Exception):
    """There is no such visit, or its patient is another clinic's."""


class Passed(Exception):
    """The visit is over or called off: nothing is left to confirm."""


class Entry(NamedTuple):
    """Something that was done with a visit, and by whom, if it was somebody."""

    at: datetime
    action: str
    by: str


def visit_of(session: Session, practice_id: UUID, visit_id: UUID, clinic_ids: Collection[UUID], lock: bool = False) -> tuple[Appointment, Patient]:
    """A visit and whose it is. Raises NoSuchVisit, also for that of a clinic beyond reach."""
    patient = and_(Patient.practice_id == Appointment.practice_id, Patient.id == Appointment.patient_id)
    where = [Appointment.practice_id == practice_id, Appointment.id == visit_id]
    if clinic_ids:
        where.append(or_(Appointment.clinic_id.in_(clinic_ids), and_(Appointment.clinic_id.is_(None), Patient.clinic_id.in_(clinic_ids))))
    found = select(Appointment, Patient).join(Patient, patient).where(*where)
    row = session.execute(found.with_for_update(of=Appointment) if lock else found).one_or_none()
    if row is None:
        raise NoSuchVisit
    return row[0], row[1]


def set_by_hand(session: Session, visit: Appointment, answer: str, status: ConfirmationStatus | None, account_id: UUID | None, now: datetime) -> bool:
    """Set how a visit is confirmed, and tell whether that changed anything. Raises Passed."""
    if visit.status != "scheduled":
        raise Passed
    answer = MEANS[status.meaning] if status else answer
    before = (visit.confirmation, visit.confirmation_status_id)
    if answer == "confirmed" and visit.confirmation != "confirmed":
        visit.confirmed_at, visit.confirmed_by = now, account_id
    elif answer != "confirmed":
        visit.confirmed_at = visit.confirmed_by = None
    visit.confirmation, visit.confirmation_status_id = answer, status.id if status else None
    has_changed = (visit.confirmation, visit.confirmation_status_id) != before
    if has_changed:
        changes.note_answer(session, changes.ANSWER_SET, visit, now)
    return has_changed


def history(session: Session, practice_id: UUID, visit: Appointment) -> list[Entry]:
    """What was done with a visit in the portal, the newest first."""
    mine = (
        AuditEvent.practice_id == practice_id, AuditEvent.patient_id == visit.patient_id, AuditEvent.target_id == visit.id,
        AuditEvent.action.like("appointments.%"), AuditEvent.action.not_like("%.view"),
    )  # fmt: skip
    who = and_(Account.practice_id == AuditEvent.practice_id, Account.id == AuditEvent.account_id)
    found = select(AuditEvent.happened_at, AuditEvent.action, Account.name, Account.user_name).outerjoin(Account, who).where(*mine)
    rows = session.execute(found.order_by(AuditEvent.happened_at.desc()).limit(MOST_ENTRIES))
    return [Entry(at, action, name or user_name or "") for at, action, name, user_name in rows]


def account_names(session: Session, practice_id: UUID, ids: Collection[UUID | None]) -> dict[UUID, str]:
    """What accounts are called."""
    found = select(Account.id, Account.name, Account.user_name).where(Account.practice_id == practice_id, Account.id.in_([one for one in ids if one]))
    return {id_: name or user_name for id_, name, user_name in session.execute(found)}
