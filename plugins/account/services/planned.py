"""What payment plans bring in the next days, for the office: in one statement."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from core.people.finding import seen_at
from core.people.models import Patient
from plugins.account.models import Installment, PaymentPlan

DAYS = 30


@dataclass(frozen=True, slots=True)
class Coming:
    """Plans that run, those of them that are paid automatically, and what is due in the next days (of it automatically) and past due, in cents."""

    plans: int
    automatic: int
    coming_cents: int
    automatic_cents: int
    past_due_cents: int


def coming(session: Session, practice_id: UUID, clinic_ids: Collection[UUID], today: date) -> Coming:
    """At these clinics (none: all)."""
    of_plan = and_(PaymentPlan.practice_id == Installment.practice_id, PaymentPlan.id == Installment.payment_plan_id)
    of_patient = and_(Patient.practice_id == PaymentPlan.practice_id, Patient.id == PaymentPlan.patient_id)
    rest, is_automatic = Installment.amount_cents - Installment.paid_cents, PaymentPlan.method_id.is_not(None)
    soon = Installment.due_on.between(today, today + timedelta(days=DAYS))
    columns = (
        func.count(PaymentPlan.id.distinct()), func.count(case((is_automatic, PaymentPlan.id)).distinct()), func.coalesce(func.sum(case((soon, rest))), 0),
        func.coalesce(func.sum(case((and_(soon, is_automatic), rest))), 0), func.coalesce(func.sum(case((Installment.due_on < today, rest))), 0),
    )  # fmt: skip
    where = (Installment.practice_id == practice_id, PaymentPlan.state == "active", *seen_at(practice_id, clinic_ids))
    row = session.execute(select(*columns).select_from(Installment).join(PaymentPlan, of_plan).join(Patient, of_patient).where(*where)).one()
    return Coming(*(int(value) for value in row))
