"""Which account at the card service a practice's payments go through."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import stripe
from sqlalchemy.orm import Session

from core import outside
from core.config import Settings
from core.db import SessionFactory
from core.tenant import Tenant
from plugins.account.gateway.asking import CardServiceRefused
from plugins.account.gateway.stand_in.accounts import READY_FROM_THE_START
from plugins.account.gateway.stand_in.server import STAND_IN_KEY
from plugins.account.gateway.stripe_cards import StripeCardService, make_client, open_account

SERVICE = "stripe"
"""What the accounts are called among those that practices have outside (`core.outside`)."""
HOSTED_PAGES = ("https://checkout.stripe.com", "https://hooks.stripe.com", "https://pm-redirects.stripe.com", "https://connect.stripe.com")
"""Where forms of ours may lead on to: paying, the payer's bank, telling who the practice is."""


@dataclass(frozen=True, slots=True)
class _Platform:
    """Where Stripe, or its stand-in, is asked, and with which key."""

    name: str
    key: str
    address: str | None


def _platform(portal: Settings) -> _Platform | None:
    if portal.payments == "local":
        return _Platform("local", portal.stripe_key or STAND_IN_KEY, portal.stripe_address) if portal.stripe_address else None
    return _Platform("stripe", portal.stripe_key, portal.stripe_address) if portal.stripe_key else None


@lru_cache(maxsize=2000)
def _client_of(platform: _Platform, account: str | None) -> stripe.StripeClient:
    return make_client(platform.key, account, platform.address)


def card_account_of(portal: Settings, tenant: Tenant) -> str:
    """The account at the card service that takes this place's payments, "" for none. With the stand-in each practice has one from the start."""
    account = tenant.settings.get("account.stripe_account", "")
    return account or (f"{READY_FROM_THE_START}{tenant.practice_id.hex}" if portal.payments == "local" else "")


def practice_of_account(portal: Settings, session: Session, account: str) -> UUID | None:
    """The practice whose account this is; the one that each practice has at the stand-in from the start says so itself."""
    if portal.payments == "local" and account.startswith(READY_FROM_THE_START):
        try:
            return UUID(account.removeprefix(READY_FROM_THE_START))
        except ValueError:
            return None
    return outside.practice_of(session, SERVICE, account)


def _owners(registry) -> dict[str, UUID]:
    return registry.__dict__.setdefault("card_accounts", {})


def _is_own(registry, practice_id: UUID, account: str) -> bool:
    """Whether an account is the practice's. A setting alone is no proof: with the account of another practice, patients would pay that one.

    An account stays whose it is, so each process asks once.
    """
    known = _owners(registry)
    if account not in known:
        with SessionFactory(bind=registry.engine) as session:
            owner = practice_of_account(registry.portal, session, account)
        if owner is None:
            return False
        known[account] = owner
    return known[account] == practice_id


def card_service_for(registry, tenant: Tenant) -> StripeCardService | None:
    """The card service of this place, as the installation's settings choose; None where no payments can be taken. Costs no statement."""
    account = card_account_of(registry.portal, tenant)
    return card_service_at(registry, tenant, account) if account else None


def card_service_at(registry, tenant: Tenant, account: str) -> StripeCardService | None:
    """The card service with one of the practice's accounts, also with one that new payments no longer go to; None for another practice's."""
    platform = _platform(registry.portal)
    if platform is None or not _is_own(registry, tenant.practice_id, account):
        return None
    return StripeCardService(_client_of(platform, account), _client_of(platform, None), account, tenant.practice_name, platform.name)


def open_card_account(registry, tenant: Tenant, key: str) -> str:
    """The reference of a new account at the card service for this practice; once for each key. Raises CardServiceAway, CardServiceRefused."""
    platform = _platform(registry.portal)
    if platform is None:
        raise CardServiceRefused("not_possible")
    account = open_account(_client_of(platform, None), str(tenant.practice_id), tenant.practice_name, key)
    _owners(registry)[account] = tenant.practice_id  # before the transaction that notes it has ended
    return account


def hosted_pages(portal: Settings) -> tuple[str, ...]:
    """The addresses that forms of ours may lead on to (see `core.web.headers.let_forms_lead_to`)."""
    return (portal.stripe_address,) if portal.stripe_address else HOSTED_PAGES
