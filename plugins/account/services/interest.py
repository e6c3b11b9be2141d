"""The interest of payment plans in the ledger, where the portal keeps the books: a charge for each installment when it falls due, or when it is paid before."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, and_, cast, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.people.models import Patient
from plugins.account.models import Entry, Installment, PaymentPlan
from plugins.account.services.posting import PORTAL, Rules

NAME = "plan-interest:"
MOST = 500
"""So many are posted in one round; the next one goes on."""


def post(session: Session, practice_id: UUID, rules_at: Callable[[UUID | None], Rules], now: datetime) -> int:
    """Post what is due, each once, whoever does it and however often. `rules_at` says how a clinic keeps its books. Returns how many were posted."""
    posted = 0
    for part, plan, clinic_id in session.execute(_due(practice_id, now.date() + timedelta(days=1))):
        rules = rules_at(clinic_id)
        today = now.astimezone(rules.zone).date()
        if rules.keeps_books and (part.due_on <= today or part.paid_cents == part.amount_cents):
            posted += _enter(session, part, plan, clinic_id, min(part.due_on, today), now)
    return posted


def _due(practice_id: UUID, until: date):
    of_plan = and_(PaymentPlan.practice_id == Installment.practice_id, PaymentPlan.id == Installment.payment_plan_id)
    of_patient = and_(Patient.practice_id == PaymentPlan.practice_id, Patient.id == PaymentPlan.patient_id)
    stands = exists().where(Entry.practice_id == practice_id, Entry.external_id == NAME + cast(Installment.id, Text))
    asks = or_(
        and_(PaymentPlan.state == "active", Installment.due_on <= until),
        and_(PaymentPlan.state.in_(("active", "paused", "completed")), Installment.paid_cents == Installment.amount_cents),
    )
    where = (Installment.practice_id == practice_id, Installment.interest_cents > 0, PaymentPlan.external_id.is_(None), asks, ~stands)
    query = select(Installment, PaymentPlan, Patient.clinic_id).join(PaymentPlan, of_plan).join(Patient, of_patient)
    return query.where(*where).order_by(Installment.due_on, Installment.id).limit(MOST)


def _enter(session: Session, part: Installment, plan: PaymentPlan, clinic_id: UUID | None, on: date, now: datetime) -> int:
    values = {
        "practice_id": part.practice_id, "id": uuid7(), "external_id": f"{NAME}{part.id}", "patient_id": plan.patient_id, "entry_type": "charge",
        "entered_on": on, "description": f"Interest of the payment plan, payment {part.number}", "amount_cents": part.interest_cents, "clinic_id": clinic_id,
        "source": PORTAL, "entered_at": now,
    }  # fmt: skip
    made = insert(Entry).values(values).on_conflict_do_nothing(index_elements=["practice_id", "external_id"]).returning(Entry.id)
    return int(session.execute(made).first() is not None)
