"""Money that comes and goes: charges, what is given back, what is disputed, and the account's balance."""

from plugins.account.gateway.stand_in.cards import TestNumber, known_by
from plugins.account.gateway.stand_in.events import tell
from plugins.account.gateway.stand_in.faults import wrong
from plugins.account.gateway.stand_in.state import Room

DEBIT_SECONDS = 45
"""How long a bank account takes to be debited here; at Stripe it is up to four business days."""
ANSWER_DAYS = 20
DISPUTE_FEE_CENTS = 1500
NOBODY = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}


def book(room: Room, kind: str, amount: int, source: dict, fee: int = 0) -> dict:
    """A line of the account's balance."""
    fees = [{"amount": fee, "application": None, "currency": source["currency"], "description": "Stripe processing fees", "type": "stripe_fee"}]
    return room.add(
        "balance_transaction",
        "txn",
        amount=amount,
        available_on=room.now + 2 * 86400,
        balance_type="payments",
        currency=source["currency"],
        description=None,
        exchange_rate=None,
        fee=fee,
        fee_details=fees if fee else [],
        net=amount - fee,
        reporting_category="charge" if kind in ("charge", "payment") else "refund" if "refund" in kind else "dispute",
        source=source["id"],
        status="pending",
        type=kind,
    )


def new_charge(room: Room, intent: dict, method: dict, status: str) -> dict:
    """The try to take the money of a payment."""
    kind, refused = method["type"], status == "failed"
    nothing = (
        "application application_fee application_fee_amount balance_transaction calculated_statement_descriptor failure_balance_transaction "
        "failure_code failure_message on_behalf_of outcome receipt_email receipt_number receipt_url review shipping source_transfer "
        "statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
    )
    charge = room.add(
        "charge",
        "ch" if kind == "card" else "py",
        **dict.fromkeys(nothing.split()) | ({"failure_code": "card_declined", "failure_message": "Declined."} if refused else {}),
        amount=intent["amount"],
        amount_captured=0 if refused else intent["amount"],
        amount_refunded=0,
        billing_details=NOBODY,
        captured=not refused,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        fraud_details={},
        metadata=intent["metadata"],
        paid=status == "succeeded",
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"type": kind, kind: _details(method)},
        refunded=False,
        status=status,
    )
    intent["latest_charge"] = charge["id"]
    return charge


def _details(method: dict) -> dict:
    shown = method[method["type"]]
    if method["type"] == "card":
        words = "brand checks country exp_month exp_year fingerprint funding last4 network wallet"
        return {name: shown.get(name) for name in words.split()}
    words = "account_holder_type account_type bank_name expected_debit_date fingerprint last4 payment_reference routing_number"
    return {name: shown.get(name) for name in words.split()}


def take(room: Room, intent: dict, method: dict) -> dict:
    """The payment succeeds, or a bank account begins to be debited."""
    intent |= {"last_payment_error": None, "next_action": None, "payment_method": method["id"]}
    if method["type"] == "us_bank_account":
        new_charge(room, intent, method, "pending")
        intent["status"] = "processing"
        room.state.later(DEBIT_SECONDS, "debited", intent["id"])
        tell(room, "payment_intent.processing", room.save(intent))
        return intent
    return _taken(room, intent, new_charge(room, intent, method, "succeeded"), known_by(method))


def _taken(room: Room, intent: dict, charge: dict, known: TestNumber) -> dict:
    card = charge["id"].startswith("ch")
    fee = round(intent["amount"] * 0.029) + 30 if card else min(500, round(intent["amount"] * 0.008))
    line = book(room, "charge" if card else "payment", intent["amount"], charge, fee)
    room.save(charge | {"balance_transaction": line["id"], "status": "succeeded", "paid": True})
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    tell(room, "payment_intent.succeeded", room.save(intent))
    if known.disputed:
        room.state.later(0, "disputed", charge["id"])
    return intent


def debited(room: Room, intent: dict) -> None:
    """The bank has answered whether an account could be debited."""
    method = room.get(intent["payment_method"], "payment_method")
    charge, known = room.get(intent["latest_charge"], "charge"), known_by(method)
    if not known.refusal:
        _taken(room, intent, charge, known)
        return
    room.save(charge | {"status": "failed", "paid": False, "captured": False, "failure_code": known.refusal, "failure_message": "Not debited."})
    error = {"type": "card_error", "code": "payment_intent_payment_attempt_failed", "message": "Not debited.", "payment_method": method}
    error["decline_code" if known.refusal == "insufficient_funds" else "doc_url"] = known.refusal
    intent |= {"status": "requires_payment_method", "last_payment_error": error}
    tell(room, "payment_intent.payment_failed", room.save(intent))


def give_back(room: Room, asked: dict) -> dict:
    """Give money of a payment back, all that is left of it unless told otherwise."""
    charge = _charge_of(room, asked)
    left = charge["amount"] - charge["amount_refunded"]
    amount = asked.get("amount", left)
    if charge["disputed"]:
        raise wrong("This charge has been charged back; cannot issue a refund.", code="charge_disputed")
    if left == 0:
        raise wrong(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount < 1 or amount > left:
        raise wrong(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", "amount")
    refund = _new_refund(room, charge, amount, asked)
    charge |= {"amount_refunded": charge["amount_refunded"] + amount, "refunded": amount == left}
    tell(room, "charge.refunded", room.save(charge))
    tell(room, "refund.created", refund)
    fails = known_by(room.get(charge["payment_method"], "payment_method")).refund_fails
    if fails or refund["status"] == "pending":
        room.state.later(DEBIT_SECONDS, "refund_failed" if fails else "refunded", refund["id"])
    return refund


def _charge_of(room: Room, asked: dict) -> dict:
    if "payment_intent" in asked:
        intent = room.get(asked["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            raise wrong(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.", "payment_intent")
        return room.get(intent["latest_charge"], "charge")
    if "charge" not in asked:
        raise wrong("One of the following params should be provided for this request: payment_intent or charge.", code="parameter_missing")
    return room.get(asked["charge"], "charge")


def _new_refund(room: Room, charge: dict, amount: int, asked: dict) -> dict:
    card = charge["id"].startswith("ch")
    refund = room.add(
        "refund",
        "re" if card else "pyr",
        amount=amount,
        balance_transaction=None,
        charge=charge["id"],
        currency=charge["currency"],
        metadata=asked.get("metadata", {}),
        payment_intent=charge["payment_intent"],
        reason=asked.get("reason"),
        receipt_number=None,
        source_transfer_reversal=None,
        status="succeeded" if card else "pending",
        transfer_reversal=None,
    )
    line = book(room, "refund" if card else "payment_refund", -amount, refund)
    return room.save(refund | {"balance_transaction": line["id"]})


def refunded(room: Room, refund: dict) -> None:
    """Money that was given back has arrived."""
    tell(room, "refund.updated", room.save(refund | {"status": "succeeded"}))


def refund_failed(room: Room, refund: dict) -> None:
    """Money could not be given back; it is on the account again."""
    line = book(room, "refund_failure", refund["amount"], refund)
    failed = {"status": "failed", "failure_reason": "expired_or_canceled_card", "failure_balance_transaction": line["id"]}
    charge = room.get(refund["charge"], "charge")
    room.save(charge | {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False})
    tell(room, "refund.failed", room.save(refund | failed))
