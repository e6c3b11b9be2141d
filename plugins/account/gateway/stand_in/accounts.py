"""Connected accounts, telling who they are, and paying their money out."""

from plugins.account.gateway.stand_in.events import tell
from plugins.account.gateway.stand_in.faults import missing
from plugins.account.gateway.stand_in.state import Room, new_word

READY_FROM_THE_START = "acct_test"
"""An account whose reference begins so is there, and may take money, as soon as somebody asks for it."""
LINK_SECONDS = 300
WANTED = ["business_type", "external_account", "representative.first_name", "tos_acceptance.date"]
CAPABILITIES = ("card_payments", "transfers", "us_bank_account_ach_payments")


def create(room: Room, asked: dict, reference: str | None = None) -> dict:
    """POST /v1/accounts"""
    return room.add(
        "account",
        "acct",
        id=reference or f"acct_{new_word(16)}",
        business_profile=asked.get("business_profile"),
        business_type=None,
        capabilities=dict.fromkeys(asked.get("capabilities", {}), "inactive"),
        charges_enabled=False,
        controller=_controller(asked),
        country=asked.get("country", "US"),
        default_currency="usd",
        details_submitted=False,
        email=None,
        metadata=asked.get("metadata", {}),
        payouts_enabled=False,
        requirements=_requirements(WANTED, "requirements.past_due"),
        type="none",
    )


def _controller(asked: dict) -> dict:
    wanted = asked.get("controller", {})
    return {
        "fees": {"payer": wanted.get("fees", {}).get("payer", "account")},
        "is_controller": True,
        "losses": {"payments": wanted.get("losses", {}).get("payments", "stripe")},
        "requirement_collection": wanted.get("requirement_collection", "stripe"),
        "stripe_dashboard": {"type": wanted.get("stripe_dashboard", {}).get("type", "full")},
        "type": "application",
    }


def _requirements(due: list[str], reason: str | None, by: int | None = None) -> dict:
    nothing: dict[str, list] = {"alternatives": [], "errors": [], "pending_verification": []}
    lists = {"currently_due": due, "eventually_due": due, "past_due": due if reason else []}
    return nothing | lists | {"current_deadline": by, "disabled_reason": reason}


def find(room: Room, reference: str) -> dict:
    """An account that is connected to this platform. Raises Fault."""
    account = room.find(reference, "account")
    if account is None and reference.startswith(READY_FROM_THE_START):
        account = told(room, create(room, {"capabilities": {name: {} for name in CAPABILITIES}}, reference), wholly=True, quietly=True)
    if account is None:
        raise missing("account", reference)
    return account


def told(room: Room, account: dict, wholly: bool, quietly: bool = False) -> dict:
    """Somebody told who the practice is. With `wholly` false something is left out: payouts wait, and there is a day by which it is needed."""
    states = dict.fromkeys(account["capabilities"], "active" if wholly else "pending")
    if "card_payments" in states:
        states["card_payments"] = "active"
    due = [] if wholly else ["company.tax_id"]
    needed = _requirements(due, None, None if wholly else room.now + 14 * 86400)
    account |= {"capabilities": states, "charges_enabled": True, "payouts_enabled": wholly, "details_submitted": True, "requirements": needed}
    room.save(account)
    if not quietly:
        tell(Room(room.state, room.key, account["id"]), "account.updated", account)
    return account


def paused(room: Room, account: dict) -> dict:
    """Stripe takes no payments for this account until it is told more."""
    states = dict.fromkeys(account["capabilities"], "inactive")
    needed = _requirements(["representative.verification.document"], "requirements.past_due", room.now - 86400)
    account |= {"capabilities": states, "charges_enabled": False, "payouts_enabled": False, "requirements": needed}
    tell(Room(room.state, room.key, account["id"]), "account.updated", room.save(account))
    return account


def create_link(room: Room, asked: dict) -> dict:
    """POST /v1/account_links"""
    find(room, asked["account"])
    ways = {name: asked.get(name) for name in ("account", "return_url", "refresh_url")}
    link = room.add("account_link", "link", expires_at=room.now + LINK_SECONDS, **ways)
    return room.save(link | {"url": f"connect/{link['id']}"})


def pay_out(room: Room) -> dict | None:
    """Send what is on the account to the practice's bank."""
    lines = [line for line in room.all("balance_transaction") if line["status"] == "pending" and line["type"] != "payout"]
    amount = sum(line["net"] for line in lines)
    if amount <= 0:
        return None
    nothing = "application_fee application_fee_amount description failure_balance_transaction failure_code failure_message original_payout reversed_by"
    payout = room.add(
        "payout",
        "po",
        **dict.fromkeys([*nothing.split(), "balance_transaction", "destination", "statement_descriptor", "payout_method"]),
        amount=amount,
        arrival_date=room.now + 86400,
        automatic=True,
        currency="usd",
        metadata={},
        method="standard",
        reconciliation_status="completed",
        source_type="card",
        status="in_transit",
        trace_id={"status": "pending", "value": None},
        type="bank_account",
    )
    for line in lines:
        room.save(line | {"status": "available", "payout": payout["id"]})
    room.state.later(86400, "paid_out", payout["id"])
    tell(room, "payout.created", payout)
    return payout


def paid_out(room: Room, payout: dict) -> None:
    """Money has come to the practice's bank."""
    tell(room, "payout.paid", room.save(payout | {"status": "paid"}))
