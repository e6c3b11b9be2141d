"""Which gateway a practice's payments go through."""

from functools import lru_cache

import stripe

from core.tenant import Tenant
from plugins.account.gateway.interface import PaymentGateway
from plugins.account.gateway.local import LocalGateway
from plugins.account.gateway.stripe_gateway import StripeGateway, make_client


@lru_cache(maxsize=1000)
def _client(key: str, account: str) -> stripe.StripeClient:
    return make_client(key, account)


def gateway_for(registry, tenant: Tenant) -> PaymentGateway | None:
    """The gateway of this practice as the installation's settings choose; None when the office has no account with it yet."""
    portal = registry.portal
    if portal.payments == "local":
        return LocalGateway(registry.engine, tenant.practice_id)
    account = tenant.settings.get("account.stripe_account", "")
    if not portal.stripe_key or not account:
        return None
    return StripeGateway(_client(portal.stripe_key, account))
