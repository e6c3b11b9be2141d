"""What Stripe's objects mean in our words."""

from datetime import UTC, datetime
from typing import Any, Literal

import stripe

from plugins.account.gateway.asking import BalanceLine, KeptMethod, Kind, Left, Payout, Seen, SeenAccount, SeenDispute, SeenRefund
from plugins.account.services.states import State

KINDS: dict[Kind, str] = {"card": "card", "bank": "us_bank_account"}
"""What the portal takes, and what Stripe calls it."""
# https://docs.stripe.com/payments/paymentintents/lifecycle
_STATES: dict[str, State] = {
    "requires_payment_method": "failed",
    "requires_confirmation": "payer",
    "requires_action": "payer",
    "processing": "processing",
    "succeeded": "succeeded",
    "canceled": "canceled",
}
# https://docs.stripe.com/declines/codes, and the codes of bank debits
_REASONS = {
    "authentication_required": "needs_authentication",
    "payment_intent_authentication_failure": "needs_authentication",
    "insufficient_funds": "insufficient_funds",
    "expired_card": "expired_card",
    "incorrect_cvc": "wrong_code",
    "invalid_cvc": "wrong_code",
    "payment_intent_payment_attempt_failed": "bank_refused",
}
# The card is lost, closed or may not be charged again: https://docs.stripe.com/declines/codes
_NEVER = frozenset(
    ["lost_card", "stolen_card", "pickup_card", "fraudulent", "restricted_card", "invalid_account", "new_account_information_available", "not_permitted", "card_not_supported", "stop_payment_order", "revocation_of_authorization", "revocation_of_all_authorizations", "do_not_try_again"]
)
# https://docs.stripe.com/api/disputes/object#dispute_object-status
_WON = {"won": True, "lost": False, "warning_closed": True, "prevented": True}
_REFUNDS: dict[str, Literal["processing", "succeeded", "failed"]] = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}


def reason_of(error: Any) -> str:
    """Why a payment was refused, as a key of `refusals.REFUSALS`."""
    decline, code = getattr(error, "decline_code", None), getattr(error, "code", None)
    if decline in _NEVER or getattr(error, "advice_code", None) == "do_not_try_again":
        return "not_again"
    return _REASONS.get(decline or "") or _REASONS.get(code or "") or "card_declined"


def seen_payment(intent: stripe.PaymentIntent) -> Seen:
    """A payment by its PaymentIntent, which came with its charge."""
    state = _STATES.get(intent.status, "unknown")
    action = getattr(intent.next_action, "redirect_to_url", None) if state == "payer" else None
    charge = intent.latest_charge
    return Seen(
        state=state,
        amount_cents=intent.amount,
        currency=intent.currency.upper(),
        payment=_told(intent.metadata, "payment"),
        reference=intent.id,
        go_to=(action.url or "") if action else "",
        reason=reason_of(intent.last_payment_error) if state == "failed" else "",
        method=_method_of_charge(intent, charge) if isinstance(charge, stripe.Charge) else None,
        kept=bool(intent.setup_future_usage and intent.customer),
        refunded_cents=charge.amount_refunded if isinstance(charge, stripe.Charge) else 0,
        made_at=at(intent.created),
    )


def seen_page(session: stripe.checkout.Session) -> Seen:
    """A payment by its hosted page, which came with the PaymentIntent and its charge."""
    intent = session.payment_intent
    if isinstance(intent, stripe.PaymentIntent):
        seen = seen_payment(intent)
        still_open = session.status == "open" and seen.state in ("failed", "payer")
    else:
        seen = Seen("payer", session.amount_total or 0, (session.currency or "usd").upper(), made_at=at(session.created))
        still_open = session.status == "open"
    state: State = "payer" if still_open else "canceled" if session.status == "expired" and seen.state in ("failed", "payer") else seen.state
    return Seen(
        **{name: getattr(seen, name) for name in ("amount_cents", "currency", "reference", "method", "kept", "refunded_cents", "made_at")},
        state=state,
        payment=_told(session.metadata, "payment"),
        checkout=session.id,
        go_to=(session.url or "") if still_open else "",
        reason=seen.reason if state == "failed" or (still_open and isinstance(intent, stripe.PaymentIntent) and intent.last_payment_error) else "",
    )


def left_on(session: stripe.checkout.Session) -> Left | None:
    """What a payer has left on a page without paying. What was removed again belongs to no customer any more."""
    setup = session.setup_intent
    method = setup.payment_method if isinstance(setup, stripe.SetupIntent) and setup.status == "succeeded" else None
    if not isinstance(method, stripe.PaymentMethod) or not method.customer:
        return None
    return Left(_told(session.metadata, "payer"), kept_method(method))


def kept_method(method: stripe.PaymentMethod) -> KeptMethod:
    """What a payer keeps there."""
    return _shown(method.id, method.type, getattr(method, method.type))


def _method_of_charge(intent: stripe.PaymentIntent, charge: stripe.Charge) -> KeptMethod | None:
    details = charge.payment_method_details
    shown = getattr(details, details.type, None) if details else None
    return _shown(charge.payment_method or "", details.type, shown) if details and shown else None


def _shown(reference: str, kind: str, shown: Any) -> KeptMethod:
    if kind == KINDS["bank"]:
        return KeptMethod(reference, "bank", (shown.bank_name or "Bank").title(), shown.last4 or "")
    ends = (getattr(shown, "exp_month", None), getattr(shown, "exp_year", None))
    return KeptMethod(reference, "card", (getattr(shown, "brand", None) or "card").title(), getattr(shown, "last4", None) or "", *ends)


def seen_refund(refund: stripe.Refund) -> SeenRefund:
    """A refund."""
    state = _REFUNDS.get(refund.status or "", "processing")
    return SeenRefund(refund.id, _reference(refund.payment_intent), refund.amount, state, _told(refund.metadata, "refund"))


def seen_dispute(dispute: stripe.Dispute) -> SeenDispute:
    """A dispute."""
    return SeenDispute(
        reference=dispute.id,
        payment_reference=_reference(dispute.payment_intent),
        amount_cents=dispute.amount,
        state=dispute.status,
        reason=dispute.reason,
        opened_at=at(dispute.created),
        answer_by=at(dispute.evidence_details.due_by) if dispute.evidence_details.due_by else None,
        is_over=dispute.status in _WON,
        won=_WON.get(dispute.status),
    )


def seen_account(account: stripe.Account) -> SeenAccount:
    """An account, and what Stripe still needs to be told."""
    needed = account.requirements
    deadline = needed.current_deadline if needed else None
    return SeenAccount(
        reference=account.id,
        capabilities=account.capabilities.to_dict() if account.capabilities else {},
        due=tuple((needed.currently_due or []) if needed else []),
        due_at=at(deadline) if deadline else None,
        disabled_reason=(needed.disabled_reason or "") if needed else "",
        details_submitted=bool(account.details_submitted),
        charges_enabled=bool(account.charges_enabled),
        payouts_enabled=bool(account.payouts_enabled),
    )


def seen_payout(payout: stripe.Payout) -> Payout:
    """Money on its way to the practice's bank."""
    return Payout(payout.id, payout.amount, payout.currency.upper(), payout.status, at(payout.arrival_date))


def balance_line(line: stripe.BalanceTransaction) -> BalanceLine:
    """A line of the account's balance, which came with what it is about."""
    about = _reference(getattr(line.source, "payment_intent", ""))
    return BalanceLine(line.id, about, line.type, line.amount, line.fee, line.currency.upper(), at(line.created))


def at(seconds: int) -> datetime:
    """A time as Stripe writes it."""
    return datetime.fromtimestamp(seconds, UTC)


def _reference(thing: Any) -> str:
    return thing if isinstance(thing, str) else getattr(thing, "id", "") or ""


def _told(metadata: Any, name: str) -> str:
    return str((metadata.to_dict() if metadata else {}).get(name, ""))
