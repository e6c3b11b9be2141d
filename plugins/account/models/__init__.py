"""The tables of the Account tab: the ledger and its statements, the payments and what became of them, and how payments are asked for."""

from plugins.account.models.asking import PayRequest, StatementBatch
from plugins.account.models.card_accounts import BalanceLine, CardAccount, Difference, GatewayEvent
from plugins.account.models.estimates import Estimate
from plugins.account.models.ledger import Claim, Coverage, Entry, Statement
from plugins.account.models.payers import Method, Payer
from plugins.account.models.payments import Allocation, Dispute, Guest, Payment, PaymentStep, Refund, Verification
from plugins.account.models.plans import Installment, PaymentPlan, PlanConsent

__all__ = [
    "Allocation", "BalanceLine", "CardAccount", "Claim", "Coverage", "Difference", "Dispute", "Entry", "Estimate", "GatewayEvent", "Guest", "Installment",
    "Method", "PayRequest", "Payer", "Payment", "PaymentPlan", "PaymentStep", "PlanConsent", "Refund", "Statement", "StatementBatch", "Verification",
]  # fmt: skip
