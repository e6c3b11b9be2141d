"""What Stripe reports: whether it is Stripe that does, and what each report is about."""

import json
from typing import Any

import stripe

from plugins.account.gateway.asking import Event
from plugins.account.gateway.reading import at

TOLERANCE_SECONDS = 300
WANTED = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.canceled",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "account.updated",
    "account.application.deauthorized",
)
"""What the endpoint at Stripe has to listen to; anything else is let pass."""


class NotTheirs(Exception):
    """What came is not signed by the card service, or too long ago."""


class Garbled(Exception):
    """What came is signed, and is no event."""


def verified(body: bytes, signature: str, secret: str) -> Event:
    """The event in a request, once its signature over the very bytes has been proven. Raises NotTheirs, Garbled."""
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE_SECONDS)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        raise NotTheirs from None
    try:
        told = json.loads(body)
        return Event(
            id=_text(told, "id"),
            type=_text(told, "type"),
            card_account=_text(told, "account") if "account" in told else "",
            object_reference=_about(told["data"]["object"], _text(told, "type")),
            happened_at=at(int(told["created"])),
            is_live=told["livemode"] is True,
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise Garbled from None


def _about(thing: Any, kind: str) -> str:
    """What has to be looked up: of a charge its payment, of what happened to an account the account."""
    if kind == "account.application.deauthorized":
        return ""
    if thing["object"] == "charge":
        return _text(thing, "payment_intent") if thing.get("payment_intent") else ""
    return _text(thing, "id")


def _text(told: Any, name: str) -> str:
    found = told[name]
    if not isinstance(found, str) or not 0 < len(found) <= 255 or "\0" in found:
        raise ValueError(name)
    return found
