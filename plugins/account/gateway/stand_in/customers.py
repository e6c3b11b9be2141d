"""Customers, what they keep, and keeping it without paying."""

from plugins.account.gateway.stand_in.cards import TestNumber
from plugins.account.gateway.stand_in.events import tell
from plugins.account.gateway.stand_in.faults import wrong
from plugins.account.gateway.stand_in.money import NOBODY
from plugins.account.gateway.stand_in.payments import KINDS
from plugins.account.gateway.stand_in.state import Room, new_word


def create(room: Room, asked: dict) -> dict:
    """POST /v1/customers"""
    nothing = "address currency default_source description discount email name phone shipping test_clock"
    settings = dict.fromkeys(("custom_fields", "default_payment_method", "footer", "rendering_options"))
    customer = room.add(
        "customer",
        "cus",
        **dict.fromkeys(nothing.split()) | {name: asked[name] for name in ("description", "email", "name", "phone") if name in asked},
        balance=0,
        delinquent=False,
        invoice_prefix=new_word(8).upper(),
        invoice_settings=settings,
        metadata=asked.get("metadata", {}),
        preferred_locales=[],
        tax_exempt="none",
    )
    tell(room, "customer.created", customer)
    return customer


def new_card(room: Room, card: TestNumber, month: int, year: int) -> dict:
    """A card as somebody typed it on a hosted page."""
    shown = {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": card.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": f"print{card.number[-8:]}",
        "funding": "credit",
        "generated_from": None,
        "last4": card.last_four,
        "networks": {"available": [card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return _new_method(room, "card", shown)


def new_bank_account(room: Room, account: TestNumber) -> dict:
    """A bank account as somebody typed it on a hosted page."""
    shown = {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": account.brand,
        "financial_connections_account": None,
        "fingerprint": f"print{account.last_four}",
        "last4": account.last_four,
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": "110000000",
        "status_details": {},
    }
    return _new_method(room, "us_bank_account", shown)


def _new_method(room: Room, kind: str, shown: dict) -> dict:
    fields = {"allow_redisplay": "unspecified", "billing_details": NOBODY, "customer": None, "metadata": {}}
    return room.add("payment_method", "pm", type=kind, **fields, **{kind: shown})


def attach(room: Room, method: dict, asked: dict) -> dict:
    """POST /v1/payment_methods/{id}/attach"""
    customer = room.get(asked["customer"], "customer")
    if method["customer"] not in (None, customer["id"]):
        raise wrong("The payment method you provided has already been attached to a customer.")
    method["customer"] = customer["id"]
    tell(room, "payment_method.attached", room.save(method))
    return method


def detach(room: Room, method: dict, asked: dict) -> dict:
    """POST /v1/payment_methods/{id}/detach"""
    if method["customer"] is None:
        raise wrong("The payment method you provided is not attached to a customer so detachment is impossible.", "payment_method")
    method["customer"] = None
    tell(room, "payment_method.detached", room.save(method))
    return method


def new_setup(room: Room, asked: dict) -> dict:
    """POST /v1/setup_intents"""
    nothing = "application cancellation_reason description last_setup_error latest_attempt mandate next_action on_behalf_of payment_method single_use_mandate"
    if asked.get("customer"):
        room.get(asked["customer"], "customer")
    reference = f"seti_{new_word()}"
    return room.add(
        "setup_intent",
        "seti",
        **dict.fromkeys(nothing.split()),
        id=reference,
        automatic_payment_methods={"enabled": True, "allow_redirects": "always"},
        client_secret=f"{reference}_secret_{new_word(25)}",
        customer=asked.get("customer"),
        flow_directions=None,
        metadata=asked.get("metadata", {}),
        payment_method_options={},
        payment_method_types=asked.get("allowed_payment_method_types", KINDS),
        status="requires_payment_method",
        usage="off_session",
    )


def set_up(room: Room, setup: dict, method: dict) -> dict:
    """What was typed is kept from now on."""
    if setup["customer"]:
        attach(room, method, {"customer": setup["customer"]})
    setup |= {"status": "succeeded", "payment_method": method["id"], "next_action": None}
    tell(room, "setup_intent.succeeded", room.save(setup))
    return setup
