"""Why a card was refused, in words that say what to do next. A gateway's own codes never reach a page."""

_CALL_BANK = "Please try another card, or ask your bank."

REFUSALS = {
    "card_declined": f"The card was declined. No money was taken. {_CALL_BANK}",
    "not_again": f"The bank does not let this card be charged. No money was taken. {_CALL_BANK}",
    "insufficient_funds": "The card does not have enough money available. No money was taken. Please try another card or a smaller amount.",
    "expired_card": "The card has expired. No money was taken. Please use another card.",
    "wrong_code": "The security code is not right. No money was taken. Please check it and try again.",
    "needs_authentication": (
        "Your bank wants to ask you before it pays, and that is not possible on this page. No money was taken. "
        "Please use another card, or call the office to pay."
    ),
    "bank_refused": "Your bank could not pay from that account. No money was taken. Please try another way to pay, or call the office.",
    "busy": "The card service is busy. No money was taken. Please try again in a minute.",
    "not_possible": "The card service could not take this payment. No money was taken. Please call the office to pay.",
    "never_arrived": "The payment did not reach the card service. No money was taken. You can pay again.",
}


def refusal_text(reason: str) -> str:
    """What to tell the payer; an unknown reason is told as a plain decline."""
    return REFUSALS.get(reason, REFUSALS["card_declined"])
