"""Payment plans: the office offers one, the patient agrees with a signature or declines, and what is paid of it is counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from core.db import uuid7
from core.people.models import Patient
from core.people.told import accounts_told
from core.plugins import NoticeKind
from core.tasks import enqueue
from core.web.formats import long_day, money
from plugins.account import changes
from plugins.account.models import Installment, PaymentPlan
from plugins.account.services import consents, counting
from plugins.account.services.amortizing import FREQUENCIES, Deal, Part, schedule

PLAN = NoticeKind("account.plan", "Payment plans", "The office offers you a payment plan, or has changed one.", "calendar-check")
OPEN = ("offered", "active", "paused")
STATES = {
    "offered": "Waits for an answer", "active": "Agreed", "paused": "Paused", "completed": "Paid", "declined": "Declined", "canceled": "Ended",
}  # fmt: skip


class NotOpen(Exception):
    """The plan is not there, or somebody has answered it already, or the time for it is over."""


@dataclass(frozen=True)
class Signature:
    """Whoever agrees: the name as it was typed, and strokes that were drawn, if any. `terms_sha256` is of the terms that were shown."""

    name: str
    drawn: str
    terms_sha256: str
    address: str


@dataclass(frozen=True, slots=True)
class Coming:
    """A payment that is due some day: what is open of it, and whether it was told of."""

    id: UUID
    due_on: date
    open_cents: int
    is_told: bool = False


@dataclass(frozen=True)
class Shown:
    """A plan with its payments, the earliest first."""

    plan: PaymentPlan
    parts: list[Installment]

    @property
    def paid_cents(self) -> int:
        """What has been paid of it."""
        return sum(part.paid_cents for part in self.parts)

    @property
    def whole_cents(self) -> int:
        """All payments together, with interest."""
        return sum(part.amount_cents for part in self.parts)

    @property
    def interest_cents(self) -> int:
        """The interest in them."""
        return sum(part.interest_cents for part in self.parts)

    @property
    def next_part(self) -> Installment | None:
        """The earliest that is not paid."""
        return next((part for part in self.parts if part.paid_cents < part.amount_cents), None)


def terms_of(deal: Deal, parts: list[Part], practice: str, more: str = "") -> str:
    """What is agreed to, in words."""
    interest = sum(part.interest_cents for part in parts)
    later = [part for part in parts if part.number]
    percent = f"{deal.interest_basis_points // 100}.{deal.interest_basis_points % 100:02}"
    lines = [
        f"I owe {practice} {money(deal.total_cents)} and agree to pay it in parts.",
        f"Down payment: {money(deal.down_payment_cents)}, due when I agree." if deal.down_payment_cents else "",
        f"{len(later)} payments {FREQUENCIES[deal.frequency]}, the first of {money(later[0].amount_cents)} due on {long_day(later[0].due_on)}, the last of "
        f"{money(later[-1].amount_cents)} due on {long_day(later[-1].due_on)}.",
        f"Yearly interest: {percent} percent, {money(interest)} over the whole plan. In all I pay {money(sum(part.amount_cents for part in parts))}.",
        "I may pay more or earlier at any time. If I cannot pay, I call the office before the day.",
        more,
    ]
    return "\n".join(line for line in lines if line)


def hash_of(terms: str) -> str:
    """What the terms are known by: other words have another one."""
    return sha256(terms.encode()).hexdigest()


def offer(session: Session, patient: Patient, title: str, deal: Deal, terms: str, answer_by: date | None, by: UUID, today: date, now: datetime, plan_id: UUID) -> PaymentPlan | None:
    """Offer a plan and tell whoever sees the account; None when this form was sent before. Raises NoSchedule."""
    parts = schedule(deal, today)
    if session.get(PaymentPlan, (patient.practice_id, plan_id)) is not None:
        return None
    plan = PaymentPlan(
        practice_id=patient.practice_id, id=plan_id, patient_id=patient.id, clinic_id=patient.clinic_id, title=title, total_cents=deal.total_cents,
        down_payment_cents=deal.down_payment_cents, interest_basis_points=deal.interest_basis_points, frequency=deal.frequency,
        first_due_on=deal.first_due_on, terms=terms, offered_at=now, offered_by=by, answer_by=answer_by,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    session.add_all(_installment(plan, part) for part in parts)
    session.flush()
    changes.note_plan(session, plan, now)
    tell(session, plan, now)
    return plan


def _installment(plan: PaymentPlan, part: Part) -> Installment:
    values = {"number": part.number, "due_on": part.due_on, "amount_cents": part.amount_cents, "interest_cents": part.interest_cents}
    return Installment(id=uuid7(), practice_id=plan.practice_id, payment_plan_id=plan.id, **values)


def tell(session: Session, plan: PaymentPlan, now: datetime) -> int:
    """Have a mail say that there is something about a plan, and nothing else."""
    accounts = accounts_told(session, plan.practice_id, [plan.patient_id], "account", now).get(plan.patient_id, [])
    for account_id in accounts:
        enqueue(session, "account.send_plan_notice", plan_id=str(plan.id), account_id=str(account_id))
    return len(accounts)


def of_patient(session: Session, practice_id: UUID, patient_id: UUID) -> list[Shown]:
    """The plans of a patient, the newest first."""
    query = select(PaymentPlan).where(PaymentPlan.practice_id == practice_id, PaymentPlan.patient_id == patient_id)
    plans = session.scalars(query.order_by(PaymentPlan.offered_at.desc(), PaymentPlan.id)).all()
    parts = session.scalars(
        select(Installment)
        .where(Installment.practice_id == practice_id, Installment.payment_plan_id.in_([plan.id for plan in plans]))
        .order_by(Installment.number)
    ).all()
    return [Shown(plan, [part for part in parts if part.payment_plan_id == plan.id]) for plan in plans]


def one(session: Session, practice_id: UUID, plan_id: UUID) -> Shown:
    """One plan. Raises NotOpen when there is none."""
    plan = session.get(PaymentPlan, (practice_id, plan_id), populate_existing=True)
    if plan is None:
        raise NotOpen
    parts = select(Installment).where(Installment.practice_id == practice_id, Installment.payment_plan_id == plan_id)
    return Shown(plan, list(session.scalars(parts.order_by(Installment.number).execution_options(populate_existing=True))))


def agree(session: Session, plan: PaymentPlan, signature: Signature, by: UUID, today: date, now: datetime) -> None:
    """The patient agrees to exactly the terms that were shown; the down payment is due today. Of two who answer at once one does. Raises NotOpen."""
    if signature.terms_sha256 != hash_of(plan.terms):
        raise NotOpen
    kept = {"name": signature.name, "drawn": signature.drawn, "terms_sha256": signature.terms_sha256, "address": signature.address}
    _answer(session, plan, today, now, {"state": "active", "agreed_at": now, "agreed_by": by, "signature": kept})
    down = (Installment.practice_id == plan.practice_id, Installment.payment_plan_id == plan.id, Installment.number == 0)
    session.execute(update(Installment).where(*down).values(due_on=today))


def decline(session: Session, plan: PaymentPlan, today: date, now: datetime) -> None:
    """The patient does not want it. Raises NotOpen."""
    _answer(session, plan, today, now, {"state": "declined", "ended_at": now})


def _answer(session: Session, plan: PaymentPlan, today: date, now: datetime, values: Mapping[str, Any]) -> None:
    if plan.answer_by and plan.answer_by < today:
        raise NotOpen
    _turn(session, plan, ("offered",), values, now)


def ask_pause(session: Session, plan: PaymentPlan, why: str, now: datetime) -> None:
    """The patient asks for a pause; the office answers. Raises NotOpen."""
    _turn(session, plan, ("active",), {"pause_asked_at": now, "pause_reason": why}, now)


def answer_pause(session: Session, plan: PaymentPlan, granted: bool, now: datetime) -> None:
    """The office grants a pause, or not; the patient is told that there is something. Raises NotOpen."""
    if plan.pause_asked_at is None:
        raise NotOpen
    _turn(session, plan, ("active",), {"state": "paused" if granted else "active", "pause_asked_at": None}, now)
    tell(session, plan, now)


def go_on(session: Session, plan: PaymentPlan, today: date, now: datetime) -> None:
    """A paused plan goes on; what fell due meanwhile is not charged by itself. Raises NotOpen."""
    _turn(session, plan, ("paused",), {"state": "active", "pause_asked_at": None, "pause_reason": ""}, now)
    consents.start_anew(session, plan, today)
    tell(session, plan, now)


def cancel(session: Session, plan: PaymentPlan, now: datetime) -> None:
    """The office ends a plan, or takes an offer back. Raises NotOpen."""
    _turn(session, plan, OPEN, {"state": "canceled", "ended_at": now, "trouble": "", "trouble_at": None}, now)
    consents.end(session, plan, "over", now)
    tell(session, plan, now)


def _turn(session: Session, plan: PaymentPlan, states: tuple[str, ...], values: Mapping[str, Any], now: datetime) -> None:
    where = (PaymentPlan.practice_id == plan.practice_id, PaymentPlan.id == plan.id, PaymentPlan.state.in_(states))
    if session.execute(update(PaymentPlan).where(*where).values(**values).returning(PaymentPlan.id)).first() is None:
        raise NotOpen
    session.refresh(plan)
    changes.note_plan(session, plan, now)


def receive(session: Session, practice_id: UUID, plan_id: UUID, cents: int, now: datetime) -> int:
    """Count what was paid towards a plan, the earliest payment first; returns how much of it was more than is left."""
    return cents - counting.add(session, counting.locked_plan(session, practice_id, plan_id), cents, now)


def to_tell(parts: Sequence[Coming], today: date, days: int) -> list[UUID]:
    """Which payments are told of now: those due in so many days or fewer, that are not paid and were not told of. None where `days` is 0."""
    return [part.id for part in parts if days and not part.is_told and part.open_cents > 0 and today <= part.due_on <= today + timedelta(days=days)]


def tell_before(session: Session, practice_id: UUID, today: date, days: int, now: datetime) -> int:
    """Tell of payments that are due soon, of each once, however often and by how many this is asked at the same time."""
    plan = and_(PaymentPlan.practice_id == Installment.practice_id, PaymentPlan.id == Installment.payment_plan_id)
    where = (Installment.practice_id == practice_id, PaymentPlan.state == "active", PaymentPlan.external_id.is_(None), Installment.told_at.is_(None))
    due = (*where, Installment.due_on.between(today, today + timedelta(days=days)))
    query = select(Installment, PaymentPlan).join(PaymentPlan, plan).where(*due).order_by(Installment.id)
    rows = {part.id: (part, of) for part, of in session.execute(query.with_for_update(of=Installment, skip_locked=True))}
    coming = [Coming(part.id, part.due_on, part.amount_cents - part.paid_cents, part.told_at is not None) for part, _ in rows.values()]
    chosen = to_tell(coming, today, days)
    for id_ in chosen:
        part, of = rows[id_]
        part.told_at = now
        consent = consents.current(session, of)
        for account_id in consents.told_of(session, of, consent.given_by if consent else None, now):
            enqueue(session, "account.send_payment_notice", installment_id=str(part.id), account_id=str(account_id))
    return len(chosen)
