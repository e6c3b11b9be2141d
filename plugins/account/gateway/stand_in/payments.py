"""Payments: PaymentIntents, and the questions of the payer's bank."""

from plugins.account.gateway.stand_in import money
from plugins.account.gateway.stand_in.cards import known_by
from plugins.account.gateway.stand_in.events import tell
from plugins.account.gateway.stand_in.faults import Fault, wrong
from plugins.account.gateway.stand_in.state import Room, new_word

KINDS = ["card", "us_bank_account"]
CURRENCIES = {"usd", "cad", "eur", "gbp", "aud", "nzd"}
SMALLEST, LARGEST = 50, 99_999_999
_TEXTS = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}


def check_money(room: Room, amount: int, currency: str) -> None:
    """Whether so much can be taken on this account. Raises Fault."""
    if currency.lower() not in CURRENCIES:
        raise wrong(f"Invalid currency: {currency}.", "currency")
    if amount < SMALLEST:
        raise wrong("Amount must be at least $0.50 usd", "amount", "amount_too_small")
    if amount > LARGEST:
        raise wrong("Amount must be no more than $999,999.99", "amount", "amount_too_large")
    account = room.platform().get(room.account, "account") if room.account else None
    if account and not account["charges_enabled"]:
        raise wrong("Your account cannot currently make live charges.", code="account_invalid")


def new_intent(room: Room, asked: dict) -> dict:
    """A payment that is asked for, and not yet confirmed."""
    check_money(room, asked["amount"], asked["currency"])
    if asked.get("customer"):
        room.get(asked["customer"], "customer")
    nothing = (
        "amount_details application application_fee_amount canceled_at cancellation_reason last_payment_error latest_charge next_action on_behalf_of "
        "payment_method payment_method_configuration_details processing receipt_email review shipping source statement_descriptor "
        "statement_descriptor_suffix transfer_data transfer_group"
    )
    reference = f"pi_{new_word()}"
    intent = room.add(
        "payment_intent",
        "pi",
        **dict.fromkeys(nothing.split()),
        id=reference,
        amount=asked["amount"],
        amount_capturable=0,
        amount_received=0,
        automatic_payment_methods=asked.get("automatic_payment_methods", {"enabled": True, "allow_redirects": "always"}),
        capture_method="automatic_async",
        client_secret=f"{reference}_secret_{new_word(25)}",
        confirmation_method="automatic",
        currency=asked["currency"].lower(),
        customer=asked.get("customer"),
        description=asked.get("description"),
        metadata=asked.get("metadata", {}),
        payment_method_options={},
        payment_method_types=asked.get("allowed_payment_method_types", KINDS),
        setup_future_usage=asked.get("setup_future_usage"),
        status="requires_payment_method",
    )
    tell(room, "payment_intent.created", intent)
    return intent


def create(room: Room, asked: dict) -> dict:
    """POST /v1/payment_intents"""
    intent = new_intent(room, asked)
    if not asked.get("payment_method"):
        if asked.get("confirm"):
            raise wrong("You cannot confirm this PaymentIntent because it's missing a payment method.", code="payment_intent_unexpected_state")
        return intent
    intent["payment_method"] = asked["payment_method"]
    method = room.get(asked["payment_method"], "payment_method")
    if method["customer"] != intent["customer"]:
        raise wrong("The provided PaymentMethod cannot be used with this customer.", "payment_method")
    if method["type"] not in intent["payment_method_types"]:
        raise wrong("The PaymentMethod type is not allowed for this PaymentIntent.", "payment_method")
    if not asked.get("confirm"):
        return room.save(intent | {"status": "requires_confirmation"})
    return confirm(room, intent, method, asked.get("return_url"), off_session=asked.get("off_session") is True)


def confirm(room: Room, intent: dict, method: dict, return_url: str | None, off_session: bool) -> dict:
    """Take the money, unless the bank refuses or wants to ask the payer. Raises Fault when it is refused."""
    known = known_by(method)
    asks = known.asks == "always" or (known.asks == "once" and not method["metadata"].get("approved"))
    if asks and off_session:
        raise _refused(room, intent, method, "authentication_required")
    if asks:
        return _asked_by_bank(room, intent, method, return_url)
    if method["type"] == "card" and known.refusal:
        raise _refused(room, intent, method, "generic_decline" if known.refusal == "kept_only" else known.refusal)
    return money.take(room, intent, method)


def _refused(room: Room, intent: dict, method: dict, reason: str) -> Fault:
    charge = money.new_charge(room, intent, method, "failed")
    code = reason if reason in ("authentication_required", "expired_card") else "card_declined"
    told = {"code": code, "decline_code": reason, "charge": charge["id"], "message": _TEXTS.get(reason, "Your card was declined.")}
    intent |= {"last_payment_error": {"type": "card_error", "payment_method": method, **told}, "next_action": None}
    intent |= {"status": "requires_payment_method", "payment_method": None}
    tell(room, "payment_intent.payment_failed", room.save(intent))
    return Fault(402, "card_error", told["message"], code, decline_code=reason, charge=charge["id"], payment_intent=intent, payment_method=method)


def _asked_by_bank(room: Room, intent: dict, method: dict, return_url: str | None) -> dict:
    if not return_url:
        raise wrong("This PaymentIntent needs a `return_url`.", "return_url")
    way = {"return_url": return_url, "url": f"bank/{intent['id']}"}
    intent |= {"status": "requires_action", "payment_method": method["id"], "next_action": {"type": "redirect_to_url", "redirect_to_url": way}}
    tell(room, "payment_intent.requires_action", room.save(intent))
    return intent


def answered_at_bank(room: Room, intent: dict, approved: bool) -> dict:
    """The payer has told their bank. Raises Fault when they refused."""
    if intent["status"] != "requires_action":
        return intent
    method = room.get(intent["payment_method"], "payment_method")
    if approved:
        return money.take(room, intent, method)
    raise _not_approved(room, intent, method)


def _not_approved(room: Room, intent: dict, method: dict) -> Fault:
    told = {"code": "payment_intent_authentication_failure", "message": "The bank could not authenticate the payer."}
    error = {"type": "invalid_request_error", "payment_method": method, **told}
    intent |= {"status": "requires_payment_method", "payment_method": None, "next_action": None, "last_payment_error": error}
    tell(room, "payment_intent.payment_failed", room.save(intent))
    return Fault(402, "card_error", told["message"], told["code"], payment_intent=intent)


def cancel(room: Room, intent: dict, asked: dict) -> dict:
    """POST /v1/payment_intents/{id}/cancel"""
    if intent["status"] not in {"requires_payment_method", "requires_confirmation", "requires_action"}:
        message = f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
        raise wrong(message, code="payment_intent_unexpected_state")
    intent |= {"status": "canceled", "canceled_at": room.now, "next_action": None, "cancellation_reason": asked.get("cancellation_reason")}
    tell(room, "payment_intent.canceled", room.save(intent))
    return intent
