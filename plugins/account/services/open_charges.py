"""Which charges of a patient, or of a family, are open, with what has been paid here and is not in the books yet."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from core.people.models import Patient
from plugins.account.models import Allocation, Dispute, Entry, Payment
from plugins.account.services.allocation import Charge, Part, kept, reduce


def family_of(session: Session, practice_id: UUID, guarantor_id: UUID) -> list[UUID]:
    """The patients of a family account, the guarantor first; a confidential chart is nobody else's."""
    others = select(Patient.id).where(
        Patient.practice_id == practice_id,
        Patient.guarantor_id == guarantor_id,
        Patient.id != guarantor_id,
        Patient.is_confidential.is_(False),
    )
    return [guarantor_id, *session.scalars(others.order_by(Patient.id))]


def lock_patients(session: Session, practice_id: UUID, patient_ids: Collection[UUID]) -> None:
    """One at a time for each patient: whoever pays for, or books to, one of these waits here for the other. Before any payment is locked."""
    where = (Patient.practice_id == practice_id, Patient.id.in_(patient_ids))
    session.execute(select(Patient.id).where(*where).order_by(Patient.id).with_for_update(key_share=True)).all()


def open_charges(session: Session, practice_id: UUID, patient_ids: Collection[UUID]) -> list[Charge]:
    """The open charges of these patients, the oldest first."""
    entries = _entries(session, practice_id, patient_ids)
    charges = [Charge(entry.id, entry.patient_id, entry.entered_on, entry.amount_cents, entry.visit) for entry in entries if entry.amount_cents > 0]
    paid: dict[UUID, int] = defaultdict(int)
    pool: dict[UUID, int] = defaultdict(int)
    for entry in entries:
        pool[entry.patient_id] -= min(0, entry.amount_cents)
    for part in _paid_here(session, practice_id, patient_ids):
        if part.entry_id:
            paid[part.entry_id] += part.amount_cents
        else:
            pool[part.patient_id] += part.amount_cents
    return reduce(charges, paid, pool)


def parts_of(session: Session, practice_id: UUID, payment_id: UUID) -> list[Part]:
    """The parts of a payment, as they were allocated."""
    where = (Allocation.practice_id == practice_id, Allocation.payment_id == payment_id)
    return [
        Part(one.patient_id, one.entry_id, one.amount_cents) for one in session.scalars(select(Allocation).where(*where).order_by(Allocation.id))
    ]


def lost_cents(session: Session, practice_id: UUID, payment_ids: Collection[UUID]) -> dict[UUID, int]:
    """What the payers' banks have taken back for good, by payment."""
    where = (Dispute.practice_id == practice_id, Dispute.payment_id.in_(payment_ids), Dispute.is_over, Dispute.won.is_(False))
    rows = session.execute(select(Dispute.payment_id, func.sum(Dispute.amount_cents)).where(*where).group_by(Dispute.payment_id))
    return {payment_id: int(cents) for payment_id, cents in rows}


def _entries(session: Session, practice_id: UUID, patient_ids: Collection[UUID]) -> Sequence:
    """What stands in the books, but for what the portal has posted of its payments: that counts by its parts."""
    where = (Entry.practice_id == practice_id, Entry.patient_id.in_(patient_ids))
    others = or_(Entry.source != "portal", Entry.receipt_number.is_(None))
    columns = (Entry.id, Entry.patient_id, Entry.entered_on, Entry.amount_cents, Entry.visit)
    return session.execute(select(*columns).where(*where, others).order_by(Entry.entered_on, Entry.id)).all()


def _paid_here(session: Session, practice_id: UUID, patient_ids: Collection[UUID]) -> list[Part]:
    """The parts of payments that were made here and that no other's entry records, without what was given back of them."""
    entered = exists().where(Entry.practice_id == practice_id, Entry.receipt_number == Payment.receipt_number, Entry.source != "portal")
    of_payment = and_(Payment.practice_id == Allocation.practice_id, Payment.id == Allocation.payment_id)
    mine = select(Allocation.payment_id).where(Allocation.practice_id == practice_id, Allocation.patient_id.in_(patient_ids))
    query = (
        select(Allocation, Payment.refunded_cents)
        .join(Payment, of_payment)
        .where(Allocation.practice_id == practice_id, Allocation.payment_id.in_(mine), ~entered)
        .order_by(Allocation.payment_id, Allocation.id)
    )
    by_payment: dict[UUID, list[Part]] = defaultdict(list)
    back: dict[UUID, int] = {}
    for one, refunded_cents in session.execute(query):
        by_payment[one.payment_id].append(Part(one.patient_id, one.entry_id, one.amount_cents))
        back[one.payment_id] = refunded_cents
    lost = lost_cents(session, practice_id, by_payment)
    left = [part for id_, parts in by_payment.items() for part in kept(parts, back[id_] + lost.get(id_, 0))]
    return [part for part in left if part.patient_id in patient_ids]
