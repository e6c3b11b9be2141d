"""Checkout sessions: the hosted pages on which a payer pays, or leaves a card or bank account."""

from plugins.account.gateway.stand_in import customers, payments
from plugins.account.gateway.stand_in.events import tell
from plugins.account.gateway.stand_in.faults import wrong
from plugins.account.gateway.stand_in.state import Room, new_word

OPEN_FOR = 24 * 3600
SHORTEST = 30 * 60


def create(room: Room, asked: dict) -> dict:
    """POST /v1/checkout/sessions"""
    mode, amount, currency = _wanted(room, asked)
    if asked.get("customer"):
        room.get(asked["customer"], "customer")
    if "success_url" not in asked:
        raise wrong("You must pass a `success_url` if you use `ui_mode=hosted_page`.", "success_url")
    reference = f"cs_test_{new_word(58)}"
    session = room.add("checkout.session", "cs", **_nothing(), **_fixed(asked), id=reference, **_money(mode, amount, currency))
    session |= {"mode": mode, "url": f"pay/{reference}", "expires_at": _end(room, asked)}
    if mode == "setup":
        fields = {"customer": session["customer"], **asked.get("setup_intent_data", {})}
        session["setup_intent"] = customers.new_setup(room, fields | {"allowed_payment_method_types": session["payment_method_types"]})["id"]
    room.state.later(session["expires_at"] - room.now, "page_over", reference)
    return room.save(session)


def _wanted(room: Room, asked: dict) -> tuple[str, int, str]:
    mode = asked.get("mode", "payment")
    if mode == "setup":
        if asked.get("line_items"):
            raise wrong("You can not pass `line_items` in `setup` mode.", "line_items")
        return mode, 0, asked.get("currency", "usd")
    if mode != "payment" or not asked.get("line_items"):
        raise wrong("You must pass `line_items` in `payment` mode.", "line_items", "parameter_missing")
    prices = [(item.get("price_data"), item.get("quantity", 1)) for item in asked["line_items"]]
    if any(price is None or "unit_amount" not in price or "product_data" not in price for price, _ in prices):
        raise wrong("The stand-in knows prices only as `price_data` with `product_data` and `unit_amount`.", "line_items")
    amount, currency = sum(price["unit_amount"] * count for price, count in prices), prices[0][0]["currency"]
    payments.check_money(room, amount, currency)
    return mode, amount, currency


def _end(room: Room, asked: dict) -> int:
    end = asked.get("expires_at", room.now + OPEN_FOR)
    if not room.now + SHORTEST - 60 <= end <= room.now + OPEN_FOR + 60:
        raise wrong("The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.", "expires_at")
    return end


def _nothing() -> dict:
    names = (
        "after_expiration allow_promotion_codes automatic_tax billing_address_collection client_secret consent consent_collection currency_conversion "
        "customer_details customer_email invoice invoice_creation locale origin_context payment_intent payment_link "
        "payment_method_configuration_details phone_number_collection recovered_from setup_intent shipping_address_collection shipping_cost "
        "submit_type subscription"
    )
    return dict.fromkeys(names.split()) | {"automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None}}


def _fixed(asked: dict) -> dict:
    item = (asked.get("line_items") or [{}])[0]
    return {
        "cancel_url": asked.get("cancel_url"),
        "client_reference_id": asked.get("client_reference_id"),
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer": asked.get("customer"),
        "customer_creation": None if asked.get("customer") else "if_required",
        "metadata": asked.get("metadata", {}),
        "payment_method_collection": "if_required",
        "payment_method_options": {},
        "payment_method_types": asked.get("allowed_payment_method_types", payments.KINDS),
        "payment_status": "unpaid" if asked.get("mode") != "setup" else "no_payment_required",
        "shipping_options": [],
        "status": "open",
        "success_url": asked["success_url"],
        "ui_mode": "hosted_page",
        "for_page": {"name": item.get("price_data", {}).get("product_data", {}).get("name", ""), "intent": asked.get("payment_intent_data", {})},
    }


def _money(mode: str, amount: int, currency: str) -> dict:
    if mode == "setup":
        return {"amount_subtotal": None, "amount_total": None, "currency": None, "total_details": None}
    details = {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}
    return {"amount_subtotal": amount, "amount_total": amount, "currency": currency.lower(), "total_details": details}


def expire(room: Room, session: dict, asked: dict) -> dict:
    """POST /v1/checkout/sessions/{id}/expire"""
    if session["status"] != "open":
        raise wrong(f'Only Checkout Sessions with a status in ["open"] can be expired. This one has a status of {session["status"]}.')
    if session["payment_intent"]:
        intent = room.get(session["payment_intent"], "payment_intent")
        if intent["status"] not in ("processing", "succeeded", "canceled"):
            payments.cancel(room, intent, {"cancellation_reason": "expired"})
    session |= {"status": "expired", "url": None}
    tell(room, "checkout.session.expired", room.save(session))
    return session


def pay(room: Room, session: dict, method: dict, back: str) -> dict:
    """Somebody pays on the page with what they typed. The PaymentIntent comes to be only now. Raises Fault; then they may try another card."""
    intent = room.find(session["payment_intent"] or "", "payment_intent")
    if intent is None:
        wanted = {"amount": session["amount_total"], "currency": session["currency"], "customer": session["customer"]}
        intent = payments.new_intent(room, session["for_page"]["intent"] | wanted | {"allowed_payment_method_types": session["payment_method_types"]})
        session["payment_intent"] = intent["id"]
        room.save(session)
    intent = payments.confirm(room, intent, method, back, off_session=False)
    return _paid(room, session, intent, method)


def _paid(room: Room, session: dict, intent: dict, method: dict) -> dict:
    if intent["status"] == "requires_action":
        return session
    if intent["setup_future_usage"] and session["customer"]:
        customers.attach(room, method, {"customer": session["customer"]})
    return _complete(room, session, "paid" if intent["status"] == "succeeded" else "unpaid")


def leave(room: Room, session: dict, method: dict) -> dict:
    """Somebody leaves a card or bank account on the page, without paying."""
    customers.set_up(room, room.get(session["setup_intent"], "setup_intent"), method)
    return _complete(room, session, "no_payment_required")


def after_bank(room: Room, session: dict, approved: bool) -> dict:
    """The payer comes back from their bank. Raises Fault when they refused; then they may try another card."""
    intent = room.get(session["payment_intent"], "payment_intent")
    if intent["status"] == "requires_action":
        method = room.get(intent["payment_method"], "payment_method")
        if approved:
            method = room.save(method | {"metadata": {"approved": "yes"}})
        intent = payments.answered_at_bank(room, intent, approved)
        return _paid(room, session, intent, method)
    return session


def _complete(room: Room, session: dict, payment_status: str) -> dict:
    session |= {"status": "complete", "payment_status": payment_status, "url": None}
    tell(room, "checkout.session.completed", room.save(session))
    return session


def settled(room: Room, intent: dict) -> None:
    """The bank account with which a page was paid has been debited, or could not be."""
    for session in room.all("checkout.session"):
        if session["payment_intent"] == intent["id"] and session["status"] == "complete":
            took = intent["status"] == "succeeded"
            room.save(session | {"payment_status": "paid" if took else "unpaid"})
            tell(room, f"checkout.session.async_payment_{'succeeded' if took else 'failed'}", session)


