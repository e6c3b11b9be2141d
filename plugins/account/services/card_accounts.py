"""The practice's own accounts at the card service: which it has, how they stand, and that they are closed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import office_banners, outside
from core.tenant import OfficeBanner
from core.web.formats import long_day
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
        _say_what_is_needed(session, account)
    return account


def _say_what_is_needed(session: Session, account: CardAccount) -> None:
    """Above every page of the office, as long as the card service needs something or holds something back."""
    found = needed(account) if account.closed_at is None else None
    if found is None:
        office_banners.hide(session, account.practice_id, _banner_key(account))
        return
    words, is_urgent = found
    banner = OfficeBanner(words, "See what is needed", "account.office.card_service", "office.card_service.change", account.clinic_id, is_urgent)
    office_banners.show(session, account.practice_id, _banner_key(account), banner)


def needed(account: CardAccount) -> tuple[str, bool] | None:
    """What the office has to know of an account wherever it is, and whether money is held up; None when all is well."""
    by = f" by {long_day(account.due_at.date())}" if account.due_at else ""
    if account.disabled_reason == "disconnected":
        return "The account for card payments was disconnected at Stripe: patients cannot pay by card.", True
    if not account.details_submitted:
        return "The account for card payments is not finished: Stripe needs to know who the practice is.", False
    if not account.charges_enabled:
        return f"Patients cannot pay by card: Stripe needs to be told something{by}.", True
    if not account.payouts_enabled:
        return f"Stripe pays nothing out to your bank until it is told what it needs{by}.", True
    return (f"Stripe needs to be told something{by}, else card payments may stop.", False) if account.due else None


def _banner_key(account: CardAccount) -> str:
    return f"account.card_service:{account.id}"


def lost(session: Session, practice_id: UUID, reference: str, now: datetime) -> None:
    """The practice's account is connected to this installation no more: nothing can be taken by it."""
    account = by_reference(session, practice_id, reference)
    if account:
        account.charges_enabled = account.payouts_enabled = False
        account.capabilities, account.disabled_reason, account.checked_at = {}, "disconnected", now
        session.flush()
        _say_what_is_needed(session, account)


def close(session: Session, account: CardAccount, now: datetime) -> None:
    """The practice uses an account no more; what the card service still reports of it is not taken in. It stays the practice's: what was paid to it
    can still be given back, and nobody else gets it."""
    account.closed_at = now
    session.flush()
    _say_what_is_needed(session, account)


def is_closed(session: Session, practice_id: UUID, reference: str) -> bool:
    """Whether this is an account that the practice uses no more."""
    mine = (CardAccount.practice_id == practice_id, CardAccount.reference == reference, CardAccount.closed_at.is_not(None))
    return session.scalar(select(CardAccount.id).where(*mine)) is not None
