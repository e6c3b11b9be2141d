"""Card payments through Stripe: one client per practice, so that no key or account is ever shared through the library's globals."""

from datetime import datetime, timedelta

import stripe
import structlog

from plugins.account.gateway.interface import Answer, Charged, Declined, DifferentCharge, Unknown

log = structlog.get_logger("account")

TIMEOUT_SECONDS = 10
RETRIES = 1
_CLOCKS_DIFFER = timedelta(minutes=5)

# https://docs.stripe.com/declines/codes
_REASONS = {
    "authentication_required": "needs_authentication",
    "insufficient_funds": "insufficient_funds",
    "expired_card": "expired_card",
    "incorrect_cvc": "wrong_code",
    "invalid_cvc": "wrong_code",
}


def make_client(key: str, account: str, address: str | None = None) -> stripe.StripeClient:
    """The client of one practice's account. `address` replaces Stripe's own, for tests."""
    return stripe.StripeClient(
        key,
        stripe_account=account,
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        base_addresses={"api": address} if address else {},
    )


class StripeGateway:
    """Charges the saved cards of one practice's patients by PaymentIntents that are made and confirmed in one call."""

    name = "stripe"
    card_form = False

    def __init__(self, client: stripe.StripeClient):
        self._intents = client.v1.payment_intents

    def charge(self, amount_cents: int, currency: str, method: str, idempotency_key: str, description: str) -> Answer:
        """See PaymentGateway."""
        try:
            intent = self._intents.create(
                {
                    "amount": amount_cents,
                    "currency": currency.lower(),
                    "payment_method": method,
                    "allowed_payment_method_types": ["card"],
                    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                    "confirm": True,
                    "off_session": True,
                    "description": description,
                    "metadata": {"payment": idempotency_key},
                    "expand": ["latest_charge"],
                },
                {"idempotency_key": idempotency_key},
            )
        except stripe.StripeError as error:
            return _from_error(error)
        return _from_intent(intent)

    def fetch(self, reference: str) -> Answer:
        """See PaymentGateway."""
        try:
            return _from_intent(self._intents.retrieve(reference, {"expand": ["latest_charge"]}))
        except stripe.StripeError as error:
            _note(error)
            return Unknown(reference)

    def find(self, idempotency_key: str, since: datetime) -> Answer | None:
        """See PaymentGateway. The list is exact at once; Stripe's search is about a minute behind."""
        earliest = int((since - _CLOCKS_DIFFER).timestamp())
        try:
            found = self._intents.list({"created": {"gte": earliest}, "limit": 100, "expand": ["data.latest_charge"]})
            for intent in found.auto_paging_iter():
                if intent.metadata and intent.metadata.to_dict().get("payment") == idempotency_key:
                    return _from_intent(intent)
        except stripe.StripeError as error:
            _note(error)
            return Unknown()
        return None


def _from_intent(intent: stripe.PaymentIntent) -> Answer:
    if intent.status == "succeeded":
        return Charged(intent.id, _card(intent))
    if intent.status in {"requires_action", "requires_confirmation"}:
        return Declined("needs_authentication", intent.id)
    if intent.status in {"requires_payment_method", "canceled"}:
        refused = intent.last_payment_error
        return Declined(_reason(getattr(refused, "code", None), getattr(refused, "decline_code", None)), intent.id)
    return Unknown(intent.id)  # processing: the bank has not decided yet


def _card(intent: stripe.PaymentIntent) -> str:
    charge = intent.latest_charge
    details = getattr(charge, "payment_method_details", None)
    card = getattr(details, "card", None)
    return f"{(card.brand or 'card').title()} ending in {card.last4}" if card else ""


def _from_error(error: stripe.StripeError) -> Answer:
    _note(error)
    if isinstance(error, stripe.CardError):
        intent = getattr(error.error, "payment_intent", None)
        return Declined(_reason(error.code, getattr(error.error, "decline_code", None)), intent.id if intent else None)
    if isinstance(error, stripe.IdempotencyError) and error.code != "idempotency_key_in_use":
        raise DifferentCharge from error
    if isinstance(error, stripe.RateLimitError):
        return Declined("busy")
    if isinstance(error, stripe.InvalidRequestError | stripe.AuthenticationError | stripe.PermissionError):
        return Declined("not_possible")
    return Unknown()  # no answer, or Stripe's own fault: it may have charged all the same


def _reason(code: str | None, decline_code: str | None) -> str:
    return _REASONS.get(decline_code or "") or _REASONS.get(code or "") or "card_declined"


def _note(error: stripe.StripeError) -> None:
    # The text of an error can quote what was sent; its kind, code and request id are what support needs.
    log.warning("stripe_error", error=type(error).__name__, code=error.code, status=error.http_status, stripe_request=error.request_id)
