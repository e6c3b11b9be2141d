"""Online payments as the office sees them: which wait to be processed, all of them with filters, and one with everything that became of it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from core.people.models import Patient
from core.plugins.waiting import at_clinics
from plugins.account.models import Dispute, Entry, Payment, PaymentStep, Refund

PAGE = 50
STATES = {
    "waiting": "What waits for you",
    "pending": "To process",
    "processed": "Processed",
    "processing": "On its way from a bank",
    "open": "Not finished",
    "failed": "Not made",
    "disputed": "Disputed",
    "returned": "Returned by the bank",
}
"""What is looked for, in the office's words."""
SOURCES = {"portal": "Signed in", "guest": "Without signing in", "verified": "By a code", "link": "By a request to pay", "plan": "By a payment plan", "office": "By the office"}


class NotThere(Exception):
    """There is no such payment at the clinics of this person."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which payments: made in this time, at these clinics (none: all), in this state and by this way (empty: any)."""

    since: datetime
    until: datetime
    clinic_ids: Collection[UUID] = ()
    state: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A payment with its patient, if it has one yet."""

    payment: Payment
    patient: Patient | None


@dataclass(frozen=True, slots=True)
class Whole(Line):
    """The same with everything that became of it."""

    steps: Sequence[PaymentStep]
    refunds: Sequence[Refund]
    disputes: Sequence[Dispute]


def entered() -> ColumnElement[bool]:
    """Whether the practice's system has entered a payment: then there is nothing to process."""
    return exists().where(Entry.practice_id == Payment.practice_id, Entry.receipt_number == Payment.receipt_number, Entry.source != "portal")


def _to_process() -> tuple[ColumnElement[bool], ...]:
    # Of what the bank has returned wholly there is nothing to enter.
    returned = and_(Payment.method_kind == "bank", Payment.disputed_cents >= Payment.amount_cents)
    return Payment.process_state == "pending", Payment.state == "succeeded", Payment.patient_id.is_not(None), ~returned, ~entered()


HOW_MANY = (
    select(func.count())
    .select_from(Payment)
    .where(Payment.practice_id == bindparam("practice_id"), *_to_process(), at_clinics(Payment.clinic_id))
    .where(bindparam("since") < Payment.settled_at, bindparam("now") >= Payment.settled_at)
)
"""How many wait to be processed, for the office's first page."""
HOW_MANY_DISPUTES = (
    select(func.count())
    .select_from(Dispute)
    .join(Payment, and_(Payment.practice_id == Dispute.practice_id, Payment.id == Dispute.payment_id))
    .where(Dispute.practice_id == bindparam("practice_id"), Dispute.is_over.is_(False), at_clinics(Payment.clinic_id))
    .where(bindparam("since") < Dispute.opened_at, bindparam("now") >= Dispute.opened_at)
)
"""How many disputes are open."""


def _of_state(state: str) -> tuple[ColumnElement[bool], ...]:
    disputed = exists().where(Dispute.practice_id == Payment.practice_id, Dispute.payment_id == Payment.id)
    unseen = disputed.where(or_(Dispute.is_over.is_(False), and_(Dispute.won.is_(False), Dispute.seen_at.is_(None))))
    found: dict[str, tuple[ColumnElement[bool], ...]] = {
        "waiting": (or_(and_(*_to_process()), unseen),),
        "pending": _to_process(),
        "processed": (Payment.state == "succeeded", or_(Payment.process_state == "processed", entered())),
        "processing": (Payment.state == "processing",),
        "open": (Payment.state.in_(("created", "submitted", "payer", "unknown")),),
        "failed": (Payment.state.in_(("failed", "canceled")),),
        "disputed": (disputed,),
        "returned": (Payment.state == "succeeded", Payment.method_kind == "bank", Payment.disputed_cents > 0),
    }
    return found.get(state, ())


_PATIENT = and_(Patient.practice_id == Payment.practice_id, Patient.id == Payment.patient_id)


def _query(practice_id: UUID, wanted: Wanted) -> Select:
    where = [Payment.practice_id == practice_id, Payment.created_at >= wanted.since, Payment.created_at < wanted.until, *_of_state(wanted.state)]
    where += [Payment.clinic_id.in_(wanted.clinic_ids)] if wanted.clinic_ids else []
    where += [Payment.source == wanted.source] if wanted.source else []
    return select(Payment, Patient).outerjoin(Patient, _PATIENT).where(*where).order_by(Payment.created_at.desc(), Payment.id.desc())


def lines(session: Session, practice_id: UUID, wanted: Wanted, page: int = 1) -> tuple[list[Line], bool]:
    """Fifty of them, the newest first, and whether there are more."""
    rows = session.execute(_query(practice_id, wanted).limit(PAGE + 1).offset((page - 1) * PAGE)).all()
    return [Line(*row) for row in rows[:PAGE]], len(rows) > PAGE


def all_lines(session: Session, practice_id: UUID, wanted: Wanted, most: int = 100_000) -> Iterator[Line]:
    """All of them, for a file."""
    for row in session.execute(_query(practice_id, wanted).limit(most)).yield_per(500):
        yield Line(*row)


def sums(session: Session, practice_id: UUID, wanted: Wanted) -> dict[str, Any]:
    """How many were made, what they come to, and what went back."""
    found = _query(practice_id, wanted).order_by(None).with_only_columns(Payment.amount_cents, Payment.refunded_cents, Payment.disputed_cents)
    made = found.where(Payment.state == "succeeded").subquery()
    columns = (func.count(), *(func.coalesce(func.sum(column), 0) for column in (made.c.amount_cents, made.c.refunded_cents, made.c.disputed_cents)))
    count, amount, refunded, disputed = session.execute(select(*columns).select_from(made)).one()
    return {"count": count, "amount": int(amount), "refunded": int(refunded), "disputed": int(disputed)}


def one(session: Session, practice_id: UUID, payment_id: UUID, clinic_ids: Collection[UUID] = ()) -> Whole:
    """One of them. Raises NotThere."""
    where = [Payment.practice_id == practice_id, Payment.id == payment_id, *([Payment.clinic_id.in_(clinic_ids)] if clinic_ids else [])]
    row = session.execute(select(Payment, Patient).outerjoin(Patient, _PATIENT).where(*where)).one_or_none()
    if row is None:
        raise NotThere
    about: list[Any] = []
    for model, order in ((PaymentStep, PaymentStep.number), (Refund, Refund.id), (Dispute, Dispute.id)):
        mine = (model.practice_id == practice_id, model.payment_id == payment_id)
        about.append(session.scalars(select(model).where(*mine).order_by(order)).all())
    return Whole(row[0], row[1], *about)
