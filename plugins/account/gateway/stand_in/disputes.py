"""Payments that a payer's bank takes back."""

from plugins.account.gateway.stand_in.events import tell
from plugins.account.gateway.stand_in.money import ANSWER_DAYS, DISPUTE_FEE_CENTS, book
from plugins.account.gateway.stand_in.state import Room

_EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def disputed(room: Room, charge: dict) -> dict:
    """The payer's bank takes a payment back. A debit of a bank account that comes back cannot be answered: it is lost at once."""
    is_debit = charge["id"].startswith("py")
    line = book(room, "adjustment", -charge["amount"], charge, DISPUTE_FEE_CENTS)
    dispute = room.add(
        "dispute",
        "du",
        amount=charge["amount"],
        balance_transactions=[line],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence=dict.fromkeys(_EVIDENCE) | {"enhanced_evidence": {}},
        evidence_details={
            "due_by": None if is_debit else room.now + ANSWER_DAYS * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        is_charge_refundable=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        reason="insufficient_funds" if is_debit else "fraudulent",
        status="lost" if is_debit else "needs_response",
    )
    room.save(charge | {"disputed": True})
    tell(room, "charge.dispute.created", dispute)
    if is_debit:
        tell(room, "charge.dispute.closed", dispute)
    return dispute


def decided(room: Room, dispute: dict, won: bool) -> dict:
    """The bank has decided, once; what the practice wins comes back."""
    if dispute["status"] in ("won", "lost"):
        return dispute
    dispute["status"] = "won" if won else "lost"
    if won:
        charge = room.get(dispute["charge"], "charge")
        dispute["balance_transactions"] += [book(room, "adjustment", dispute["amount"], charge)]
        room.save(charge | {"disputed": False})
    tell(room, "charge.dispute.closed", room.save(dispute))
    return dispute


