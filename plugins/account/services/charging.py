"""Charging the payments of a plan by themselves, by the consent that was given: each installment once, through the same steps as any other payment.

The row is there, and committed, before the card service is asked with a key of the row; what came of it is taken in by `settling`, as from an event
or from the sweep. Whoever dies in between leaves a payment that the sweep finds out about; nobody asks a second time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from core.tenant import Tenant
from plugins.account.gateway.asking import CardService
from plugins.account.models import Installment, Method, Payer, Payment, PaymentPlan, PlanConsent
from plugins.account.services import consents, counting, methods
from plugins.account.services.asking import How, ask, under_way
from plugins.account.services.offers import family_cents
from plugins.account.services.open_charges import family_of, lock_patients
from plugins.account.services.payments import SMALLEST_CHARGE_CENTS, begin, new_payment
from plugins.account.services.posting import rules_of

FROM_HOUR = 8
"""Nothing is charged before this hour at the clinic: what is paid by hand in the morning comes first."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plan is paid: the clinic as it is set, and the account at the card service."""

    tenant: Tenant
    service: CardService

    def at(self, now: datetime) -> datetime:
        """What time it is there."""
        return now.astimezone(self.tenant.time_zone)


@dataclass(frozen=True, slots=True)
class _Case:
    """An installment that may be charged, with what it hangs on; the plan is locked."""

    plan: PaymentPlan
    part: Installment
    consent: PlanConsent
    method: Method
    payer: Payer


def due(session: Session, practice_id: UUID, now: datetime) -> list[UUID]:
    """The installments that may be due by now at some clinic; `charge` looks at each of them."""
    of_plan = and_(PaymentPlan.practice_id == Installment.practice_id, PaymentPlan.id == Installment.payment_plan_id)
    last = now.date() + timedelta(days=1)
    where = (
        Installment.practice_id == practice_id, PaymentPlan.state == "active", PaymentPlan.method_id.is_not(None), PaymentPlan.external_id.is_(None),
        Installment.paid_cents < Installment.amount_cents, Installment.due_on.between(last - timedelta(days=consents.LATE_DAYS + 2), last),
        Installment.failures < consents.TRIES, or_(Installment.asked_on.is_(None), Installment.asked_on <= last - timedelta(days=consents.AGAIN_DAYS)),
    )  # fmt: skip
    return list(session.scalars(select(Installment.id).join(PaymentPlan, of_plan).where(*where).order_by(Installment.due_on, Installment.id)))


def charge(session: Session, practice_id: UUID, place: Place, installment_id: UUID, now: datetime, keep: Callable[[], None]) -> UUID | None:
    """Charge an installment if it is due, open, agreed to and not charged yet; the id of the payment. `keep` commits; then the card service is asked."""
    payment, how = _put_on_record(session, practice_id, place, installment_id, now)
    keep()
    if payment is None or how is None:
        return None
    return ask(session, place.service, payment, how, now).payment_id


def _put_on_record(session: Session, practice_id: UUID, place: Place, installment_id: UUID, now: datetime) -> tuple[Payment | None, How | None]:
    found = session.get(Installment, (practice_id, installment_id))
    patient_id = session.scalar(select(PaymentPlan.patient_id).where(PaymentPlan.practice_id == practice_id, PaymentPlan.id == found.payment_plan_id)) if found else None
    if found is None or patient_id is None:
        return None, None
    is_family = place.tenant.settings["account.statement_scope"] == "family"
    whom = family_of(session, practice_id, patient_id) if is_family else [patient_id]
    # Whoever pays for one of these by hand waits here, and we for them.
    lock_patients(session, practice_id, whom)
    case = _case(session, place, found.payment_plan_id, installment_id, now)
    if case is None or any(one.state in ("created", "payer") or one.payment_plan_id == case.plan.id for one in under_way(session, practice_id, whom)):
        return None, None
    cents = _cents(session, place, case, whom, now)
    if cents < SMALLEST_CHARGE_CENTS:
        return None, None
    payment = _payment(session, place, case, cents, "family" if is_family else "patient", now)
    case.part.asked_on = place.at(now).date()
    return payment, How("", case.method.reference, case.payer.customer, payer_is_here=False)


def _case(session: Session, place: Place, plan_id: UUID, installment_id: UUID, now: datetime) -> _Case | None:
    """What would be charged; None when nothing may be. Automatic payments that cannot go on end here, and that is told."""
    plan = counting.locked_plan(session, session.info["practice_id"], plan_id)
    consent, here = consents.current(session, plan), place.at(now)
    part = session.get_one(Installment, (plan.practice_id, installment_id), populate_existing=True)
    if consent is None or not consents.can_be_on(plan) or here.hour < FROM_HOUR or not is_due(part, consent, here.date()) or _was_made(session, part):
        return None
    method = session.get(Method, (plan.practice_id, plan.method_id), populate_existing=True) if plan.method_id else None
    payer = session.get(Payer, (plan.practice_id, method.payer_id)) if method else None
    if method is None or payer is None or method.removed_at or method.id != consent.method_id or payer.card_account != place.service.card_account:
        consents.end(session, plan, "removed", now)
        return None
    if methods.has_ended(method, here.date()):
        consents.end(session, plan, "ended", now)
        return None
    if not consents.may_still_pay(session, plan.practice_id, consent.given_by, plan.patient_id, now):
        consents.end(session, plan, "no_right", now)
        return None
    return _Case(plan, part, consent, method, payer)


def is_due(part: Installment, consent: PlanConsent, today: date) -> bool:
    """Whether an installment is charged on this day, as the consent says: on its day or a little later, and again some days after it was declined."""
    in_time = max(consent.starts_on, today - timedelta(days=consents.LATE_DAYS)) <= part.due_on <= today
    again = part.asked_on is None or part.asked_on <= today - timedelta(days=consents.AGAIN_DAYS)
    return in_time and again and part.failures < consents.TRIES and part.paid_cents < part.amount_cents


def _was_made(session: Session, part: Installment) -> bool:
    """Whether an automatic payment of this installment was made, or may have been: also of one that was given back there is no second."""
    where = (Payment.practice_id == part.practice_id, Payment.installment_id == part.id, Payment.state.not_in(("failed", "canceled")))
    return session.scalar(select(Payment.id).where(*where).limit(1)) is not None


def _cents(session: Session, place: Place, case: _Case, whom: list[UUID], now: datetime) -> int:
    """What is open of the installment; never more than what is owed. Where the practice's system keeps the books, the interest of the plan may not be
    in them: it counts as owed."""
    parts = counting.parts_of_plan(session, case.plan.practice_id, case.plan.id)
    rest = case.part.amount_cents - case.part.paid_cents
    owed = family_cents(session, case.plan.practice_id, whom, place.tenant.time_zone)
    if not rules_of(place.tenant).keeps_books:
        owed += sum(part.interest_cents for part in parts if part.due_on <= place.at(now).date())
    return min(rest, owed, sum(part.amount_cents - part.paid_cents for part in parts))


def _payment(session: Session, place: Place, case: _Case, cents: int, scope: str, now: datetime) -> Payment:
    of_part = (Payment.practice_id == case.plan.practice_id, Payment.installment_id == case.part.id)
    attempt = 1 + (session.scalar(select(func.max(Payment.installment_attempt)).where(*of_part)) or 0)
    values = new_payment(place.service, place.tenant.clinic_id, cents, f"plan:{case.part.id}:{attempt}", now) | {
        "patient_id": case.plan.patient_id, "account_id": case.consent.given_by, "source": "plan", "scope": scope, "method_id": case.method.id,
        "payment_plan_id": case.plan.id, "installment_id": case.part.id, "installment_attempt": attempt, "consent_id": case.consent.id,
        "card": case.consent.card, "method_kind": case.method.kind,
    }  # fmt: skip
    payment = Payment(**values)
    begin(session, payment, now)
    return payment


def tries_of(session: Session, practice_id: UUID, plan_id: UUID, most: int = 24) -> list[Payment]:
    """The automatic payments of a plan, the latest first."""
    where = (Payment.practice_id == practice_id, Payment.payment_plan_id == plan_id, Payment.source == "plan")
    return list(session.scalars(select(Payment).where(*where).order_by(Payment.created_at.desc(), Payment.id.desc()).limit(most)))
