"""Connecting the practice, or one of its clinics, with an account of its own at the card service: from opening it to using it, and the end of that."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from core.plugins import PluginHost
from core.plugins.waiting import at_clinics
from core.tenant import Tenant
from plugins.account.gateway import open_card_account
from plugins.account.models import CardAccount
from plugins.account.services import card_accounts
from tenants import settings

SETTING = "account.stripe_account"
BY = settings.Author("The card service")

HOW_MANY = (
    select(func.count())
    .select_from(CardAccount)
    .where(
        CardAccount.practice_id == bindparam("practice_id"),
        CardAccount.closed_at.is_(None),
        or_(func.jsonb_array_length(CardAccount.due) > 0, CardAccount.disabled_reason != ""),
        CardAccount.checked_at > bindparam("since"),
        CardAccount.checked_at <= bindparam("now"),
        at_clinics(CardAccount.clinic_id),
    )
)
"""How many accounts the card service needs to be told something about, or takes no payments for."""

# https://docs.stripe.com/connect/handling-api-verification
_DUE = {
    "business_profile": "What the practice does, and its website",
    "business_type": "What kind of business the practice is",
    "company.tax_id": "The practice’s tax number",
    "company": "The practice’s legal name, address and telephone",
    "external_account": "The bank account for payouts",
    "individual": "Who runs the practice",
    "owners": "Who owns the practice",
    "directors": "Who directs the practice",
    "representative.verification": "A document that proves who represents the practice",
    "representative": "Who represents the practice",
    "tos_acceptance": "Agreement to the card service’s terms",
}
CAPABILITIES = {"card_payments": "Card payments", "us_bank_account_ach_payments": "Payments from bank accounts"}
_STATES = {"active": ("On", "good"), "pending": ("Being checked", "warn"), "inactive": ("Off", "bad")}


class AlreadyConnected(Exception):
    """The practice, or this clinic, has an account already."""


@dataclass(frozen=True)
class Ability:
    """What an account may do, in words: `state` for a pill of this `kind`."""

    title: str
    state: str
    kind: str


def connect(session: Session, registry, tenant: Tenant, clinic_id: UUID | None, by: UUID, now: datetime) -> CardAccount:
    """Open an account at the card service, for the practice or a clinic of it. It is used once it may take payments.

    Raises AlreadyConnected, CardServiceAway, CardServiceRefused.
    """
    mine = (CardAccount.practice_id == tenant.practice_id, CardAccount.clinic_id.is_not_distinct_from(clinic_id))
    had = list(session.scalars(select(CardAccount).where(*mine)))
    if any(account.closed_at is None for account in had):
        raise AlreadyConnected
    # Whoever asks twice at the same moment, or again after an answer was lost, gets the same account.
    key = f"card-account:{tenant.practice_id}:{clinic_id or ''}:{len(had)}"
    reference = open_card_account(registry, tenant, key)
    is_live = "_live_" in (registry.portal.stripe_key or "")
    return card_accounts.add(session, tenant.practice_id, clinic_id, reference, is_live, by, now)


def put_to_use(session: Session, host: PluginHost, account: CardAccount, kept: str, now: datetime) -> None:
    """From the day on which an account may take payments, they go to it. `kept` is the one that they go to until now."""
    if account.charges_enabled and kept != account.reference:
        settings.apply(session, host, account.practice_id, [settings.Change(account.clinic_id, SETTING, account.reference)], BY, now)


def disconnect(session: Session, host: PluginHost, account: CardAccount, by: settings.Author, now: datetime) -> None:
    """Payments go to this account no more. What was paid stays as it is, at the card service as well."""
    card_accounts.close(session, account, now)
    settings.apply(session, host, account.practice_id, [settings.Change(account.clinic_id, SETTING, None)], by, now)


def of_reach(accounts: Iterable[CardAccount], clinic_ids: frozenset[UUID] | Any) -> list[CardAccount]:
    """The accounts that somebody may look after who works for these clinics only; for none, all."""
    return [account for account in accounts if not clinic_ids or account.clinic_id in clinic_ids]


def abilities(account: CardAccount) -> list[Ability]:
    """What an account may do."""
    found = [Ability(title, *_STATES.get(account.capabilities.get(name, "inactive"), _STATES["inactive"])) for name, title in CAPABILITIES.items()]
    return [*found, Ability("Payouts to your bank", *(_STATES["active"] if account.payouts_enabled else _STATES["inactive"]))]


def due_words(account: CardAccount) -> list[str]:
    """What the card service needs to be told, in plain words, each once."""
    return list(dict.fromkeys(_words_of(name) for name in account.due))


def _words_of(name: str) -> str:
    fitting = [start for start in _DUE if name.startswith(start)]
    return _DUE[max(fitting, key=len)] if fitting else "More about the practice"
