"""Whose account a guest's payment belongs to: what the worker finds out, and what is left for the office."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import Session

from core import audit
from core.auth.matching import Typed, is_named
from core.people.models import MergedChart, Patient
from core.plugins.waiting import at_clinics
from core.tasks import enqueue
from plugins.account.models import Guest, Payment, Verification

PAGE = 50
WAITING, MATCHED, ASSIGNED, REFUNDED = "waiting", "matched", "assigned", "refunded"
WHY = {
    "nobody": "No chart of the clinic has this name and birthdate, with the account number if one was typed.",
    "several": "More than one chart fits.",
}
"""Why a payment waits for the office."""


class NotWaiting(Exception):
    """No such payment waits to be assigned (any more)."""


@dataclass(frozen=True)
class Unassigned:
    """A payment that waits, with what was typed for it."""

    payment: Payment
    guest: Guest


def match(session: Session, practice_id: UUID, payment_id: UUID, now: datetime) -> None:
    """Book a guest's payment to the one patient whom it fits; else it waits for the office. Once is enough."""
    found = _locked(session, practice_id, payment_id)
    if found is None or found.guest.outcome or found.payment.state != "succeeded":
        return
    fitting = _fitting(session, found)
    if len(fitting) == 1:
        _book(session, found, fitting[0], MATCHED, now)
        audit.record(session, practice_id, "account.guest_payment.match", now, patient_id=fitting[0], target_id=payment_id)
    else:
        found.guest.outcome, found.guest.reason, found.guest.looked_at = WAITING, "several" if fitting else "nobody", now


def waiting(session: Session, practice_id: UUID, page: int = 1, clinic_ids: Collection[UUID] = ()) -> tuple[list[Unassigned], bool]:
    """Fifty of those that wait, the newest first, and whether there are more; of these clinics (none: all)."""
    newest = _waiting(practice_id, clinic_ids).order_by(Guest.id.desc())
    rows = session.execute(newest.limit(PAGE + 1).offset((page - 1) * PAGE)).all()
    return [Unassigned(*row) for row in rows[:PAGE]], len(rows) > PAGE


def one_waiting(session: Session, practice_id: UUID, payment_id: UUID, clinic_ids: Collection[UUID] = ()) -> Unassigned:
    """One of them. Raises NotWaiting."""
    row = session.execute(_waiting(practice_id, clinic_ids).where(Guest.id == payment_id)).one_or_none()
    if row is None:
        raise NotWaiting
    return Unassigned(*row)


def assign(session: Session, practice_id: UUID, payment_id: UUID, patient_id: UUID, now: datetime, by: UUID) -> None:
    """The payment is for this patient. Raises NotWaiting."""
    found = _locked_waiting(session, practice_id, payment_id)
    _book(session, found, patient_id, ASSIGNED, now, by)
    audit.record(session, practice_id, "account.guest_payment.assign", now, account_id=by, patient_id=patient_id, target_id=payment_id)


def mark_refunded(session: Session, practice_id: UUID, payment_id: UUID, now: datetime, by: UUID) -> None:
    """The office has given the money back by other means. Raises NotWaiting."""
    found = _locked_waiting(session, practice_id, payment_id)
    found.guest.outcome, found.guest.settled_at, found.guest.settled_by = REFUNDED, now, by
    session.flush()
    audit.record(session, practice_id, "account.guest_payment.refund", now, account_id=by, target_id=payment_id)


def typed_of(guest: Guest) -> Typed:
    """What was typed, as charts are compared with it."""
    return Typed(guest.first_name, guest.last_name, guest.birthdate, guest.email)


def _book(session: Session, found: Unassigned, patient_id: UUID, outcome: str, now: datetime, by: UUID | None = None) -> None:
    found.payment.patient_id = patient_id
    found.guest.outcome, found.guest.reason, found.guest.settled_at, found.guest.settled_by = outcome, "", now, by
    enqueue(session, "account.book_payment", payment_id=str(found.payment.id))
    session.flush()


def _fitting(session: Session, found: Unassigned) -> list[UUID]:
    """The patients of the clinic whom everything fits that was typed."""
    clinic_id = found.payment.clinic_id
    return [patient.id for patient in fitting(session, found.payment.practice_id, found.guest) if patient.clinic_id in (clinic_id, None)]


def fitting(session: Session, practice_id: UUID, typed: Guest | Verification) -> list[Patient]:
    """The patients whom everything fits that was typed: the names, the birthdate, and the number if there is one."""
    born = select(Patient).where(Patient.practice_id == practice_id, Patient.birthdate == typed.birthdate)
    names = Typed(typed.first_name, typed.last_name, typed.birthdate, "")
    named = [patient for patient in session.scalars(born) if is_named(patient, names)]
    if typed.account_number:
        named = [patient for patient in named if typed.account_number in _numbers(session, patient)]
    return named


def _numbers(session: Session, patient: Patient) -> set[str | None]:
    """The chart numbers that stand on the statements of a patient, also of charts that became part of this one."""
    merged = select(MergedChart.external_id).where(MergedChart.practice_id == patient.practice_id, MergedChart.patient_id == patient.id)
    return {patient.external_id, *session.scalars(merged)}


_OF_PAYMENT = and_(Guest.practice_id == Payment.practice_id, Guest.id == Payment.id)


def _waiting(practice_id: UUID, clinic_ids: Collection[UUID]) -> Select:
    mine = (Guest.practice_id == practice_id, Guest.outcome == WAITING)
    return select(Payment, Guest).join(Guest, _OF_PAYMENT).where(*mine, *([Payment.clinic_id.in_(clinic_ids)] if clinic_ids else []))


# It waits from when the worker has looked, however late that is.
_CAME_AT = func.greatest(Guest.looked_at, Payment.settled_at)
HOW_MANY = (
    select(func.count())
    .select_from(Payment)
    .join(Guest, _OF_PAYMENT)
    .where(Guest.practice_id == bindparam("practice_id"), Guest.outcome == WAITING, at_clinics(Payment.clinic_id))
    .where(bindparam("since") < _CAME_AT, bindparam("now") >= _CAME_AT)
)
"""How many wait, for the office's first page."""


def _locked(session: Session, practice_id: UUID, payment_id: UUID) -> Unassigned | None:
    where = (Payment.practice_id == practice_id, Payment.id == payment_id)
    query = select(Payment, Guest).join(Guest, _OF_PAYMENT).where(*where).with_for_update().execution_options(populate_existing=True)
    row = session.execute(query).one_or_none()
    return Unassigned(*row) if row else None


def _locked_waiting(session: Session, practice_id: UUID, payment_id: UUID) -> Unassigned:
    found = _locked(session, practice_id, payment_id)
    if found is None or found.guest.outcome != WAITING:
        raise NotWaiting
    return found
