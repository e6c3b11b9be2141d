"""The practice's own accounts at the card service: which it has, how they stand, and that they are closed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import outside
from plugins.account.gateway import SERVICE
from plugins.account.gateway.asking import SeenAccount
from plugins.account.models import CardAccount

_TOLD = ("capabilities", "due_at", "disabled_reason", "details_submitted", "charges_enabled", "payouts_enabled")


class AccountOfAnother(Exception):
    """The account at the card service is another practice's."""


def opened(session: Session, practice_id: UUID) -> list[CardAccount]:
    """The accounts that the practice has now: its own first, then those of clinics."""
    query = select(CardAccount).where(CardAccount.practice_id == practice_id, CardAccount.closed_at.is_(None))
    return list(session.scalars(query.order_by(CardAccount.clinic_id.is_not(None), CardAccount.opened_at)))


def by_reference(session: Session, practice_id: UUID, reference: str) -> CardAccount | None:
    """The account with this reference, if the practice has it now."""
    return next((account for account in opened(session, practice_id) if account.reference == reference), None)


def add(session: Session, practice_id: UUID, clinic_id: UUID | None, reference: str, is_live: bool, by: UUID | None, now: datetime) -> CardAccount:
    """Note an account of the practice, or of one of its clinics; events of it are this practice's from now on. Raises AccountOfAnother."""
    if not outside.claim(session, practice_id, SERVICE, reference):
        raise AccountOfAnother
    account = CardAccount(clinic_id=clinic_id, reference=reference, is_live=is_live, opened_at=now, opened_by=by)
    session.add(account)
    session.flush()
    return account


def take_in(session: Session, practice_id: UUID, seen: SeenAccount, now: datetime) -> CardAccount | None:
    """Take in how an account stands; None when the practice does not have it. `checked_at` is since when it stands so."""
    account = by_reference(session, practice_id, seen.reference)
    if account:
        values = {name: getattr(seen, name) for name in _TOLD} | {"due": list(seen.due)}
        if any(getattr(account, name) != value for name, value in values.items()) or account.checked_at is None:
            account.checked_at = now
            for name, value in values.items():
                setattr(account, name, value)
            session.flush()
    return account


def lost(session: Session, practice_id: UUID, reference: str, now: datetime) -> None:
    """The practice's account is connected to this installation no more: nothing can be taken by it."""
    account = by_reference(session, practice_id, reference)
    if account:
        account.charges_enabled = account.payouts_enabled = False
        account.capabilities, account.disabled_reason, account.checked_at = {}, "disconnected", now
        session.flush()


def close(session: Session, account: CardAccount, now: datetime) -> None:
    """The practice uses an account no more; what the card service still reports of it is not taken in. It stays the practice's: what was paid to it
    can still be given back, and nobody else gets it."""
    account.closed_at = now
    session.flush()


def is_closed(session: Session, practice_id: UUID, reference: str) -> bool:
    """Whether this is an account that the practice uses no more."""
    mine = (CardAccount.practice_id == practice_id, CardAccount.reference == reference, CardAccount.closed_at.is_not(None))
    return session.scalar(select(CardAccount.id).where(*mine)) is not None
