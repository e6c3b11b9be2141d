"""Automatic payments of a payment plan: what somebody agrees to, word for word, and how that ends. Charging is in `charging.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from typing import Literal
from uuid import UUID

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.people.models import Grant
from core.people.told import accounts_told
from core.tasks import enqueue
from core.web.formats import long_day, money
from plugins.account.models import Installment, Method, PaymentPlan, PlanConsent
from plugins.account.services.amortizing import FREQUENCIES

Why = Literal["payer", "office", "changed", "over", "removed", "ended", "refused", "no_right"]
LATE_DAYS = 10
"""A payment that could not be charged within so many days is not charged by itself any more."""
TRIES, AGAIN_DAYS = 3, 3
"""How often a payment is tried, and how many days apart."""
STOPPED = {
    "payer": "They were switched off in the portal.", "office": "The office switched them off.", "changed": "Another card or bank account takes its place.",
    "over": "The plan is over.", "removed": "The card or bank account was removed.", "ended": "The card has ended.",
    "refused": "The bank does not take this card or bank account any more.", "no_right": "Whoever agreed to them may no longer pay for this person.",
}  # fmt: skip
"""Why automatic payments ended."""
TROUBLE = STOPPED | {"declined": "A payment was declined three times. It is not tried again; the next one is."}
"""What the office should know."""
_BY_ITSELF = ("removed", "ended", "refused", "no_right")


class NotPossible(Exception):
    """Automatic payments cannot be switched on for this plan, or what was agreed to is not what would be charged now."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a consent says of a place: whom one pays, where one calls, and how many days before a mail tells."""

    practice: str
    phone: str
    notice_days: int


def covered(parts: Sequence[Installment], today: date) -> list[Installment]:
    """Which payments would be charged: those that are open and still to come, or were due lately."""
    return [part for part in parts if part.paid_cents < part.amount_cents and part.due_on >= today - timedelta(days=LATE_DAYS)]


def words_of(plan: PaymentPlan, parts: Sequence[Installment], terms: Terms, today: date) -> str:
    """What somebody agrees to, in words."""
    late = [part for part in covered(parts, today) if part.due_on < today]
    coming = [part for part in covered(parts, today) if part.due_on >= today]
    call = f"calling the office at {terms.phone}" if terms.phone else "calling the office"
    notice = f"A mail tells me {terms.notice_days} days before each payment. " if terms.notice_days else ""
    lines = [
        f"I allow {terms.practice} to charge the card, or to debit the bank account, that I have chosen above for the payments of this plan, each on the "
        "day on which it is due, without asking me again:",
        *(f"• {_open(part)}, which was due on {long_day(part.due_on)} and is charged within a day." for part in late),
        *(f"• {line}" for line in _runs(coming, FREQUENCIES[plan.frequency])),
        "It is never more than what is open of a payment on that day: what I have paid by then in another way is not charged again. If the bank refuses, a "
        f"payment may be tried {TRIES - 1} more times within {LATE_DAYS} days. While the plan is paused nothing is charged.",
        f"{notice}I can stop this at any time: with Switch off at the plan in the portal, which counts at once, or by {call}. It ends when the plan is paid "
        "or ended, or when I remove the card or bank account. This consent is kept with the plan.",
    ]
    return "\n".join(lines)


def _open(part: Installment) -> str:
    return money(part.amount_cents - part.paid_cents)


def _runs(parts: Sequence[Installment], often: str) -> list[str]:
    found = []
    for amount, same in groupby(parts, key=_open):
        days = [long_day(part.due_on) for part in same]
        found.append(f"{amount} on {days[0]}." if len(days) == 1 else f"{len(days)} payments of {amount}, {often} from {days[0]} to {days[-1]}.")
    return found


def hash_of(words: str) -> str:
    """What the words are known by: others have another one."""
    return sha256(words.encode()).hexdigest()


def can_be_on(plan: PaymentPlan) -> bool:
    """Whether this plan can be paid automatically: one that is agreed to and runs, and that the portal keeps."""
    return plan.state == "active" and plan.external_id is None


def current(session: Session, plan: PaymentPlan) -> PlanConsent | None:
    """The consent that counts now; None while automatic payments are off."""
    where = (PlanConsent.practice_id == plan.practice_id, PlanConsent.payment_plan_id == plan.id, PlanConsent.ended_at.is_(None))
    return session.scalars(select(PlanConsent).where(*where).execution_options(populate_existing=True)).one_or_none()


def last(session: Session, plan: PaymentPlan) -> PlanConsent | None:
    """The consent that counts now, else the one that ended last."""
    where = (PlanConsent.practice_id == plan.practice_id, PlanConsent.payment_plan_id == plan.id)
    return session.scalars(select(PlanConsent).where(*where).order_by(PlanConsent.given_at.desc(), PlanConsent.id.desc()).limit(1)).one_or_none()


def shown(method: Method) -> str:
    """What may be shown of a card or bank account."""
    return f"{method.brand} {'account ' if method.kind == 'bank' else ''}ending in {method.last_four}"


def give(session: Session, plan: PaymentPlan, parts: Sequence[Installment], method: Method, words: str, by: UUID, address: str, today: date, now: datetime) -> PlanConsent:
    """Switch automatic payments on, or charge something else from now on. The plan is locked by this transaction. Raises NotPossible."""
    if not can_be_on(plan) or method.removed_at is not None or not covered(parts, today):
        raise NotPossible
    end(session, plan, "changed", now, by)
    consent = PlanConsent(
        payment_plan_id=plan.id, method_id=method.id, card=shown(method), words=words, words_sha256=hash_of(words), given_by=by, given_at=now, address=address,
        starts_on=today - timedelta(days=LATE_DAYS),
    )  # fmt: skip
    session.add(consent)
    plan.method_id, plan.consented_at, plan.trouble, plan.trouble_at = method.id, now, "", None
    for part in parts:
        part.failures, part.asked_on = 0, None
    session.flush()
    tell(session, plan, consent, now)
    return consent


def end(session: Session, plan: PaymentPlan, why: Why, now: datetime, by: UUID | None = None) -> PlanConsent | None:
    """Automatic payments are off from now on; None when they were off already. What ends by itself is told to the office and to those who see the
    account; what the payer or the office did, to those who see the account."""
    consent = current(session, plan)
    plan.method_id, plan.consented_at = None, None
    if consent is None:
        session.flush()
        return None
    consent.ended_at, consent.ended_by, consent.ended_why = now, by, why
    if why in _BY_ITSELF:
        plan.trouble, plan.trouble_at = why, now
    session.flush()
    if why not in ("changed", "over"):
        tell(session, plan, consent, now)
    return consent


def end_with_method(session: Session, method: Method, by: UUID, now: datetime) -> int:
    """A card or bank account is about to be removed: every plan that it pays stops. Returns how many did."""
    mine = (PaymentPlan.practice_id == method.practice_id, PaymentPlan.method_id == method.id)
    plans = session.scalars(select(PaymentPlan).where(*mine).order_by(PaymentPlan.id).with_for_update(key_share=True)).all()
    return sum(end(session, plan, "removed", now, by) is not None for plan in plans)


def start_anew(session: Session, plan: PaymentPlan, today: date) -> None:
    """A paused plan goes on: what fell due meanwhile is not charged by itself."""
    where = (PlanConsent.practice_id == plan.practice_id, PlanConsent.payment_plan_id == plan.id, PlanConsent.ended_at.is_(None))
    session.execute(update(PlanConsent).where(*where).values(starts_on=today))


def may_still_pay(session: Session, practice_id: UUID, account_id: UUID, patient_id: UUID, now: datetime) -> bool:
    """Whether an account may, at this moment, pay for a patient."""
    valid = and_(Grant.since <= now, or_(Grant.until.is_(None), Grant.until > now), Grant.plugin.in_(("*", "account")), Grant.level == "act")
    grant = select(Grant.id).where(Grant.practice_id == practice_id, Grant.account_id == account_id, Grant.patient_id == patient_id, valid)
    is_open = select(Account.id).where(Account.practice_id == practice_id, Account.id == account_id, Account.closed_at.is_(None))
    return bool(session.scalar(select(and_(exists(grant), exists(is_open)))))


def told_of(session: Session, plan: PaymentPlan, payer: UUID | None, now: datetime) -> list[UUID]:
    """Whose accounts are told of a plan's automatic payments: those who see the account, and whoever pays."""
    found = accounts_told(session, plan.practice_id, [plan.patient_id], "account", now).get(plan.patient_id, [])
    return list(dict.fromkeys([*found, *([payer] if payer else [])]))


def tell(session: Session, plan: PaymentPlan, consent: PlanConsent, now: datetime) -> None:
    """Have a mail say that automatic payments are on, or off."""
    for account_id in told_of(session, plan, consent.given_by, now):
        enqueue(session, "account.send_automatic_notice", consent_id=str(consent.id), account_id=str(account_id))
