"""Who takes card payments: the interface that the tab works with, and the choice between Stripe and the local stand-in."""

from plugins.account.gateway.choice import (
    SERVICE,
    card_account_of,
    card_service_at,
    card_service_for,
    gateway_for,
    hosted_pages,
    open_card_account,
    practice_of_account,
)
from plugins.account.gateway.interface import Answer, Charged, Declined, DifferentCharge, PaymentGateway, Unknown

__all__ = ["SERVICE", "Answer", "Charged", "Declined", "DifferentCharge", "PaymentGateway", "Unknown", "card_account_of", "card_service_at", "card_service_for", "gateway_for", "hosted_pages", "open_card_account", "practice_of_account"]
