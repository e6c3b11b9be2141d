"""Which account at the card service a practice's payments go through."""

from dataclasses import dataclass
from functools import lru_cache

import stripe

from core.config import Settings
from core.tenant import Tenant
from plugins.account.gateway.asking import CardServiceRefused
from plugins.account.gateway.interface import PaymentGateway
from plugins.account.gateway.local import LocalGateway
from plugins.account.gateway.stand_in.server import STAND_IN_KEY
from plugins.account.gateway.stripe_cards import StripeCardService, open_account
from plugins.account.gateway.stripe_cards import make_client as new_client
from plugins.account.gateway.stripe_gateway import StripeGateway, make_client

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
    return new_client(platform.key, account, platform.address)


def card_account_of(portal: Settings, tenant: Tenant) -> str:
    """The account at the card service that takes this place's payments, "" for none. With the stand-in each practice has one from the start."""
    account = tenant.settings.get("account.stripe_account", "")
    return account or (f"acct_test{tenant.practice_id.hex}" if portal.payments == "local" else "")


def card_service_for(registry, tenant: Tenant) -> StripeCardService | None:
    """The card service of this place, as the installation's settings choose; None where no payments can be taken. Costs no statement."""
    account = card_account_of(registry.portal, tenant)
    return card_service_at(registry, tenant, account) if account else None


def card_service_at(registry, tenant: Tenant, account: str) -> StripeCardService | None:
    """The card service with one of the practice's accounts, also with one that new payments no longer go to."""
    platform = _platform(registry.portal)
    if platform is None:
        return None
    return StripeCardService(_client_of(platform, account), _client_of(platform, None), account, tenant.practice_name, platform.name)


def open_card_account(registry, tenant: Tenant, key: str) -> str:
    """The reference of a new account at the card service for this practice; once for each key. Raises CardServiceAway, CardServiceRefused."""
    platform = _platform(registry.portal)
    if platform is None:
        raise CardServiceRefused("not_possible")
    return open_account(_client_of(platform, None), str(tenant.practice_id), tenant.practice_name, key)


def hosted_pages(portal: Settings) -> tuple[str, ...]:
    """The addresses that forms of ours may lead on to (see `core.web.headers.let_forms_lead_to`)."""
    return (portal.stripe_address,) if portal.stripe_address else HOSTED_PAGES


def gateway_for(registry, tenant: Tenant) -> PaymentGateway | None:
    """The gateway of this practice as the installation's settings choose; None when the office has no account with it yet."""
    portal = registry.portal
    if portal.payments == "local":
        return LocalGateway(registry.engine, tenant.practice_id)
    account = tenant.settings.get("account.stripe_account", "")
    if not portal.stripe_key or not account:
        return None
    return StripeGateway(_old_client(portal.stripe_key, account))


@lru_cache(maxsize=1000)
def _old_client(key: str, account: str) -> stripe.StripeClient:
    return make_client(key, account)
