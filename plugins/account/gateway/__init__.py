"""Who takes card payments: the interface that the tab works with, and the choice between Stripe and the local stand-in."""

from plugins.account.gateway.choice import gateway_for
from plugins.account.gateway.interface import Answer, Charged, Declined, DifferentCharge, PaymentGateway, Unknown

__all__ = ["Answer", "Charged", "Declined", "DifferentCharge", "PaymentGateway", "Unknown", "gateway_for"]
