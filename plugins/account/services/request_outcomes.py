"""What came of requests to pay: opened, paid by the link or otherwise, expired, withdrawn by the office, replaced by a new one."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from core.people.models import Patient
from core.tasks import Work
from plugins.account.models import Allocation, Payment, PayRequest
from plugins.account.services.pay_requests import due_now

STATES = {
    "waiting": "On its way", "sent": "Sent", "failed": "Could not be sent", "opened": "Opened", "paid": "Paid", "settled": "Settled otherwise",
    "expired": "Expired", "withdrawn": "Withdrawn", "replaced": "Replaced",
}  # fmt: skip
MEANS = {
    "settled": "Nothing is owed any more for what it asked for.",
    "expired": "The link opens no more.",
    "withdrawn": "The office has taken it back: the link opens no more.",
    "replaced": "A new link was sent in its place.",
}
"""What an end means, below its name."""
RUNNING = ("waiting", "sent", "opened")
"""The states on which something may still follow."""
MOST_AT_ONCE = 2_000


def withdraw(session: Session, practice_id: UUID, request_id: UUID, now: datetime) -> bool:
    """The office takes a request back; False when it has come to an end already."""
    return _end(session, practice_id, [PayRequest.id == request_id], "withdrawn", now)


def replace(session: Session, before: PayRequest, now: datetime) -> None:
    """A new one was sent in place of this one."""
    _end(session, before.practice_id, [PayRequest.id == before.id], "replaced", now, (*RUNNING, "expired"))


def end_all(work: Work, about: Collection[UUID] | None = None) -> None:
    """Write down what has come to an end: what was paid, whose time is over, and what nothing is owed for any more. `about` are patients, else all."""
    practice_id, where = work.tenant.practice_id, [] if about is None else [PayRequest.patient_id.in_(_heads(work.tenant.practice_id, about))]
    _end(work.db, practice_id, [*where, _is_paid(practice_id)], "paid", work.now)
    _end(work.db, practice_id, [*where, PayRequest.expires_at <= work.now], "expired", work.now)
    running = select(PayRequest).where(PayRequest.practice_id == practice_id, PayRequest.state.in_(RUNNING), *where)
    for asked in work.db.scalars(running.order_by(PayRequest.made_at.desc()).limit(MOST_AT_ONCE)).all():
        tenant = work.registry.tenants.current(practice_id, asked.clinic_id)
        if not due_now(work.db, tenant, asked, work.now):
            _end(work.db, practice_id, [PayRequest.id == asked.id], "settled", work.now)


def patients_of(session: Session, practice_id: UUID, payment_id: UUID) -> set[UUID]:
    """For whom a payment was."""
    parts = select(Allocation.patient_id).where(Allocation.practice_id == practice_id, Allocation.payment_id == payment_id)
    own = select(Payment.patient_id).where(Payment.practice_id == practice_id, Payment.id == payment_id, Payment.patient_id.is_not(None))
    return {one for one in session.scalars(parts.union(own)) if one}


def history(
    session: Session, practice_id: UUID, who: Sequence, state: str, now: datetime, page: int, most: int
) -> list[tuple[PayRequest, Patient, str]]:
    """What was sent, the newest first, and what came of it by now; only those that have come to `state`, if it says one. `who` says which patients."""
    came_to = _came_to(practice_id, now)
    join = and_(Patient.practice_id == PayRequest.practice_id, Patient.id == PayRequest.patient_id)
    query = select(PayRequest, Patient, came_to).join(Patient, join).where(PayRequest.practice_id == practice_id, *who)
    query = query.where(came_to == state) if state else query
    rows = session.execute(query.order_by(PayRequest.made_at.desc(), PayRequest.id).limit(most + 1).offset((page - 1) * most)).all()
    return [(asked, patient, found) for asked, patient, found in rows]


def _came_to(practice_id: UUID, now: datetime) -> ColumnElement[str]:
    """The state, with what nobody has written down yet."""
    running = PayRequest.state.in_(RUNNING)
    return case((and_(running, _is_paid(practice_id)), "paid"), (and_(running, PayRequest.expires_at <= now), "expired"), else_=PayRequest.state)


def _is_paid(practice_id: UUID) -> ColumnElement[bool]:
    return select(Payment.id).where(Payment.practice_id == practice_id, Payment.pay_request_id == PayRequest.id, Payment.state == "succeeded").exists()


def _heads(practice_id: UUID, patients: Collection[UUID]) -> Any:
    """These and their guarantors, who are asked for the family."""
    return select(Patient.id).where(Patient.practice_id == practice_id, or_(Patient.id.in_(patients), Patient.id.in_(_guarantors(practice_id, patients))))


def _guarantors(practice_id: UUID, patients: Collection[UUID]) -> Any:
    return select(Patient.guarantor_id).where(Patient.practice_id == practice_id, Patient.id.in_(patients), Patient.guarantor_id.is_not(None))


def _end(session: Session, practice_id: UUID, where: Sequence[Any], state: str, now: datetime, before: Sequence[str] = RUNNING) -> bool:
    mine = (PayRequest.practice_id == practice_id, PayRequest.state.in_(before), *where)
    ended = update(PayRequest).where(*mine).values(state=state, ended_at=func.coalesce(PayRequest.ended_at, now))
    return bool(session.scalars(ended.returning(PayRequest.id).execution_options(synchronize_session="fetch")).all())
