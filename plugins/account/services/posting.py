"""What a payment does in the books: its parts are allocated, and where the portal keeps the books it is posted once the office has processed it.

Each entry stands for one thing (a patient's part of a payment, of a refund, of what a bank took back) and has its id as its external id, so that
whoever comes twice posts nothing twice. What was posted never changes; what must not stand takes an entry of the opposite amount.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.tenant import Tenant
from plugins.account import changes
from plugins.account.models import Allocation, Dispute, Entry, Payment, Refund, Statement
from plugins.account.services import settling
from plugins.account.services.allocation import Part, Wish, allocate
from plugins.account.services.open_charges import family_of, lock_patients, open_charges, parts_of

PORTAL = "portal"


@dataclass(frozen=True, slots=True)
class Rules:
    """How the office wants it: whether the portal keeps the books, and whether a payment is processed as soon as it is made."""

    keeps_books: bool
    at_once: bool
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that is posted: `name` is its id, `cents` what comes onto the account (below zero: comes off)."""

    name: str
    cents: int
    words: str
    on: date


def rules_of(tenant: Tenant) -> Rules:
    """What is set for a clinic."""
    return Rules(tenant.settings["account.books"] == PORTAL, tenant.settings["account.process_at_once"], tenant.time_zone)


def book(session: Session, practice_id: UUID, payment_id: UUID, rules: Rules, now: datetime) -> None:
    """Allocate a payment that was made, process it if that is wanted at once, and bring the books up to it. Once, or many times: it is the same."""
    payment = _payment_with_patients(session, practice_id, payment_id)
    if payment is None or payment.state != "succeeded" or payment.patient_id is None:
        return
    _allocate(session, payment, now)
    if rules.at_once and payment.process_state == "pending":
        payment.process_state, payment.processed_at = "processed", now
    _post(session, payment, rules, now)


def process(session: Session, practice_id: UUID, payment_id: UUID, rules: Rules, now: datetime, by: UUID) -> bool:
    """The office has looked at a payment: it is processed, and posted where the portal keeps the books. False when there is nothing to process."""
    payment = _payment_with_patients(session, practice_id, payment_id)
    if payment is None or payment.state != "succeeded" or payment.patient_id is None or payment.process_state != "pending":
        return False
    _allocate(session, payment, now)
    payment.process_state, payment.processed_at, payment.processed_by = "processed", now, by
    changes.note_processed(session, payment, now)
    _post(session, payment, rules, now)
    return True


def _payment_with_patients(session: Session, practice_id: UUID, payment_id: UUID) -> Payment | None:
    """A payment, locked, after the patients whom it is for."""
    whose = select(Payment.patient_id, Payment.scope).where(Payment.practice_id == practice_id, Payment.id == payment_id)
    found = session.execute(whose).one_or_none()
    if found is None:
        return None
    if found.patient_id:
        lock_patients(session, practice_id, _whom(session, practice_id, found.patient_id, found.scope))
    return settling.locked(session, practice_id, Payment.id == payment_id)


def _whom(session: Session, practice_id: UUID, patient_id: UUID, scope: str) -> list[UUID]:
    return family_of(session, practice_id, patient_id) if scope == "family" else [patient_id]


def _allocate(session: Session, payment: Payment, now: datetime) -> None:
    """Once, when it is made: what the payer chose, then the oldest charges."""
    assert payment.patient_id
    practice_id = payment.practice_id
    if parts_of(session, practice_id, payment.id):
        return
    charges = open_charges(session, practice_id, _whom(session, practice_id, payment.patient_id, payment.scope))
    statement = session.get(Statement, (practice_id, payment.statement_id)) if payment.statement_id else None
    wish = Wish(payment.patient_id, payment.visit, statement.sent_on if statement else None)
    parts = [
        Allocation(id=uuid7(), payment_id=payment.id, patient_id=part.patient_id, entry_id=part.entry_id, amount_cents=part.amount_cents)
        for part in allocate(payment.amount_cents, charges, wish)
    ]
    session.add_all(parts)
    session.flush()
    changes.note_paid(session, payment, parts, now)


def _post(session: Session, payment: Payment, rules: Rules, now: datetime) -> None:
    if not rules.keeps_books or payment.process_state != "processed" or _is_entered(session, payment):
        return
    today = now.astimezone(rules.zone).date()
    _post_payment(session, payment, (payment.settled_at or now).astimezone(rules.zone).date(), now)
    for cause in _causes(session, payment, today):
        _post_back(session, payment, cause, now)


def _is_entered(session: Session, payment: Payment) -> bool:
    """Whether somebody else has entered it, such as the practice's system before the portal kept the books."""
    mine = (Entry.practice_id == payment.practice_id, Entry.receipt_number == payment.receipt_number)
    return bool(session.scalar(select(exists().where(*mine, Entry.source != PORTAL))))


def _post_payment(session: Session, payment: Payment, on: date, now: datetime) -> None:
    name = f"pay:{payment.id}"
    if _stands(session, payment, name):
        return
    kind = "from a bank account" if payment.method_kind == "bank" else "by card"
    for number, (patient_id, cents) in enumerate(_sums(parts_of(session, payment.practice_id, payment.id)).items()):
        _enter(session, payment, Cause(f"{name}:{number}", -cents, f"Payment {kind} in the portal", on), patient_id, now)


def _sums(parts: list[Part]) -> dict[UUID, int]:
    sums: dict[UUID, int] = defaultdict(int)
    for part in parts:
        sums[part.patient_id] += part.amount_cents
    return sums


def _causes(session: Session, payment: Payment, today: date) -> list[Cause]:
    """What came back of a payment, the oldest first; of a refund that did not arrive, also that."""
    where = (Refund.practice_id == payment.practice_id, Refund.payment_id == payment.id)
    found = []
    for refund in session.scalars(select(Refund).where(*where).order_by(Refund.id)):
        if refund.state in ("processing", "succeeded"):
            found.append(Cause(f"refund:{refund.id}", refund.amount_cents, "Refund", today))
        elif refund.state == "failed" and _stands(session, payment, f"refund:{refund.id}"):
            found.append(Cause(f"refund:{refund.id}:failed", -refund.amount_cents, "Refund that did not arrive", today))
    of_payment = (Dispute.practice_id == payment.practice_id, Dispute.payment_id == payment.id)
    lost = select(Dispute).where(*of_payment, Dispute.is_over, Dispute.won.is_(False)).order_by(Dispute.id)
    found += [Cause(f"dispute:{one.id}", one.amount_cents, "Payment that the bank took back", today) for one in session.scalars(lost)]
    return found


def _post_back(session: Session, payment: Payment, cause: Cause, now: datetime) -> None:
    """Onto the accounts from which the payment came off, as much as still stands there, in the order of the parts from the last."""
    if _stands(session, payment, cause.name):
        return
    standing, parts = _standing(session, payment), parts_of(session, payment.practice_id, payment.id)
    order = list(dict.fromkeys(part.patient_id for part in sorted(parts, key=lambda part: part.entry_id is None)[::-1]))
    if cause.cents < 0:
        order, standing = order[::-1], {one: cents - standing.get(one, 0) for one, cents in _sums(parts).items()}
    left = abs(cause.cents)
    for number, patient_id in enumerate(one for one in order if standing.get(one, 0) > 0):
        cents = min(left, standing[patient_id])
        left -= cents
        if cents:
            signed = replace(cause, name=f"{cause.name}:{number}", cents=cents if cause.cents > 0 else -cents)
            _enter(session, payment, signed, patient_id, now)


def _standing(session: Session, payment: Payment) -> dict[UUID, int]:
    """What has come off each patient's account by this payment, as the entries have it."""
    mine = (Entry.practice_id == payment.practice_id, Entry.receipt_number == payment.receipt_number, Entry.source == PORTAL)
    rows = session.execute(select(Entry.patient_id, func.sum(Entry.amount_cents)).where(*mine).group_by(Entry.patient_id))
    return {patient_id: -int(cents) for patient_id, cents in rows}


def _stands(session: Session, payment: Payment, name: str) -> bool:
    where = (Entry.practice_id == payment.practice_id, Entry.external_id == f"{name}:0")
    return bool(session.scalar(select(exists().where(*where))))


def _enter(session: Session, payment: Payment, cause: Cause, patient_id: UUID, now: datetime) -> None:
    values = {
        "practice_id": payment.practice_id,
        "id": uuid7(),
        "external_id": cause.name,
        "patient_id": patient_id,
        "entry_type": "payment",
        "entered_on": cause.on,
        "description": cause.words,
        "amount_cents": cause.cents,
        "visit": payment.visit,
        "receipt_number": payment.receipt_number,
        "clinic_id": payment.clinic_id,
        "source": PORTAL,
        "entered_by": payment.processed_by,
        "entered_at": now,
    }
    session.execute(insert(Entry).values(values).on_conflict_do_nothing(index_elements=["practice_id", "external_id"]))
