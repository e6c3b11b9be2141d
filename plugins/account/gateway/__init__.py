"""Who takes card payments: the words in which the tab asks, and the choice between Stripe and the stand-in on this machine."""

from plugins.account.gateway.choice import (
    SERVICE,
    card_account_of,
    card_service_at,
    card_service_for,
    hosted_pages,
    open_card_account,
    practice_of_account,
)

__all__ = ["SERVICE", "card_account_of", "card_service_at", "card_service_for", "hosted_pages", "open_card_account", "practice_of_account"]
