"""Payers, and the cards and bank accounts that they keep at the card service: those of one account of the practice there, never shared."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from plugins.account.gateway.asking import CardService, KeptMethod
from plugins.account.models import Method, Payer, Payment, PaymentPlan

SOON_MONTHS = 2
LONGEST_NAME = 60


class MethodNotFound(Exception):
    """This payer keeps no such card or bank account."""


def payer_of(
    session: Session, card_account: str, now: datetime, account_id: UUID | None = None, patient_id: UUID | None = None
) -> Payer:
    """The payer at this account of the card service, new if need be: an account of the portal, else a patient without one."""
    owner = {"account_id": account_id} if account_id else {"patient_id": patient_id}
    [column] = owner
    where = Payer.account_id.isnot(None) if account_id else Payer.account_id.is_(None)
    values = {"practice_id": session.info["practice_id"], "id": uuid7(), "card_account": card_account, "made_at": now, **owner}
    row = insert(Payer).values(values).on_conflict_do_nothing(index_elements=["practice_id", column, "card_account"], index_where=where)
    session.execute(row)
    return session.scalars(select(Payer).where(_is_payer(session.info["practice_id"], card_account, account_id, patient_id))).one()


def customer_of(session: Session, service: CardService, payer: Payer) -> str:
    """The payer's reference at the card service, who is made there once."""
    if payer.customer is None:
        customer = service.new_customer(str(payer.id), f"customer:{payer.id}")
        mine = (Payer.practice_id == payer.practice_id, Payer.id == payer.id)
        session.execute(update(Payer).where(*mine).values(customer=customer))
        return customer
    return payer.customer


def methods_of(
    session: Session, practice_id: UUID, card_account: str, account_id: UUID | None = None, patient_id: UUID | None = None
) -> list[Method]:
    """What a payer keeps at this account of the card service, the default first."""
    of_payer = and_(Payer.practice_id == Method.practice_id, Payer.id == Method.payer_id)
    mine = (Method.practice_id == practice_id, Method.removed_at.is_(None), _is_payer(practice_id, card_account, account_id, patient_id))
    return list(session.scalars(select(Method).join(Payer, of_payer).where(*mine).order_by(Method.is_default.desc(), Method.id)))


def method_of(session: Session, practice_id: UUID, method_id: UUID, card_account: str, **payer: UUID | None) -> Method:
    """One of them. Raises MethodNotFound."""
    for method in methods_of(session, practice_id, card_account, **payer):
        if method.id == method_id:
            return method
    raise MethodNotFound


def keep_of_payment(session: Session, payment: Payment, kept: KeptMethod, now: datetime) -> Method | None:
    """Keep what a payment was made with, for whoever made it; nothing of somebody whom we do not know."""
    if payment.account_id is None and payment.source != "verified":
        return None
    payer = payer_of(session, payment.card_account, now, payment.account_id, None if payment.account_id else payment.patient_id)
    return keep(session, payer, kept, now)


def keep(session: Session, payer: Payer, kept: KeptMethod, now: datetime, name: str = "") -> Method:
    """Keep a card or bank account, once; the first is the default."""
    shown = {"kind": kept.kind, "brand": kept.brand, "last_four": kept.last_four, "ends_month": kept.ends_month, "ends_year": kept.ends_year}
    session.execute(select(Payer.id).where(Payer.practice_id == payer.practice_id, Payer.id == payer.id).with_for_update())
    has_default = session.scalar(select(Method.id).where(*_of(payer), Method.is_default, Method.removed_at.is_(None)))
    values = {"payer_id": payer.id, "reference": kept.reference, "name": name, "kept_at": now, "is_default": has_default is None, **shown}
    row = insert(Method).values(practice_id=payer.practice_id, id=uuid7(), **values)
    again = row.on_conflict_do_update(
        index_elements=["practice_id", "reference"], set_={"removed_at": None, **shown}, where=Method.payer_id == payer.id
    )
    session.execute(again)
    return session.scalars(select(Method).where(*_of(payer), Method.reference == kept.reference)).one()


def keep_new(session: Session, payer: Payer, kept: KeptMethod, now: datetime) -> Method:
    """The same for whoever hears of it late: what is known here stays as it is, also when it was removed since."""
    known = select(Method).where(Method.practice_id == payer.practice_id, Method.reference == kept.reference)
    return session.scalars(known).one_or_none() or keep(session, payer, kept, now)


def rename(session: Session, method: Method, name: str) -> None:
    """The payer's own name for it."""
    method.name = name
    session.flush()


def make_default(session: Session, method: Method) -> None:
    """What is chosen first from now on."""
    where = (Method.practice_id == method.practice_id, Method.payer_id == method.payer_id)
    session.execute(update(Method).where(*where, Method.is_default, Method.id != method.id).values(is_default=False))
    method.is_default = True
    session.flush()


def remove(session: Session, service: CardService, method: Method, now: datetime) -> None:
    """Forget it, here and at the card service; the one that is kept longest becomes the default."""
    service.forget_method(method.reference)
    was_default, method.removed_at, method.is_default = method.is_default, now, False
    session.flush()
    where = (Method.practice_id == method.practice_id, Method.payer_id == method.payer_id, Method.removed_at.is_(None))
    other = session.scalars(select(Method).where(*where).order_by(Method.id).limit(1)).one_or_none() if was_default else None
    if other:
        other.is_default = True
    session.flush()


def pays_a_plan(session: Session, method: Method) -> bool:
    """Whether an agreed payment plan is paid with it."""
    return method.id in that_pay_plans(session, method.practice_id, [method.id])


def that_pay_plans(session: Session, practice_id: UUID, method_ids: Sequence[UUID]) -> set[UUID]:
    """Those with which an agreed payment plan is paid."""
    plans = (PaymentPlan.practice_id == practice_id, PaymentPlan.method_id.in_(method_ids), PaymentPlan.state.in_(("active", "paused")))
    return {found for found in session.scalars(select(PaymentPlan.method_id).where(*plans)) if found} if method_ids else set()


def ends_soon(method: Method, today: date) -> bool:
    """Whether a card ends within two months, or has ended."""
    if method.ends_year is None or method.ends_month is None:
        return False
    return method.ends_year * 12 + method.ends_month - (today.year * 12 + today.month) < SOON_MONTHS


def has_ended(method: Method, today: date) -> bool:
    """Whether a card can no longer be charged: it is good until the last day of its month."""
    if method.ends_year is None or method.ends_month is None:
        return False
    return (method.ends_year, method.ends_month) < (today.year, today.month)


def _of(payer: Payer) -> tuple[ColumnElement[bool], ...]:
    return Method.practice_id == payer.practice_id, Method.payer_id == payer.id


def _is_payer(practice_id: UUID, card_account: str, account_id: UUID | None, patient_id: UUID | None) -> ColumnElement[bool]:
    who = Payer.account_id == account_id if account_id else and_(Payer.account_id.is_(None), Payer.patient_id == patient_id)
    return and_(Payer.practice_id == practice_id, Payer.card_account == card_account, who)
