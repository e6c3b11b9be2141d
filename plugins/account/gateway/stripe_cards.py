"""The card service through Stripe: one client for each account, so that no key or account is ever shared through the library's globals."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import stripe
import structlog

from plugins.account.gateway import reading
from plugins.account.gateway.asking import (
    Ask,
    BalanceLine,
    CardServiceAway,
    CardServiceRefused,
    KeptMethod,
    Kind,
    Left,
    Payout,
    Seen,
    SeenAccount,
    SeenDispute,
    SeenRefund,
)

log = structlog.get_logger("account")

TIMEOUT_SECONDS = 10
RETRIES = 2
CLOCKS_DIFFER = timedelta(minutes=5)
CHARGE = ["latest_charge"]
PAGE = ["payment_intent.latest_charge"]


def make_client(key: str, account: str | None, address: str | None = None, retries: int = RETRIES) -> stripe.StripeClient:
    """The client of one account, or with none of the platform itself. `address` replaces Stripe's own, for the stand-in."""
    return stripe.StripeClient(
        key,
        stripe_account=account,
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        base_addresses={"api": address} if address else {},
    )


@contextmanager
def asking() -> Iterator[None]:
    """What Stripe's errors mean in our words. A card that is declined is no such error."""
    try:
        yield
    except stripe.StripeError as error:
        # The text of an error can quote what was sent; its kind, code and request id are what support needs.
        log.warning("stripe_error", error=type(error).__name__, code=error.code, status=error.http_status, stripe_request=error.request_id)
        if isinstance(error, stripe.CardError):
            raise CardServiceRefused(reading.reason_of(error.error)) from error
        if isinstance(error, stripe.RateLimitError):
            raise CardServiceRefused("busy") from error
        if isinstance(error, stripe.InvalidRequestError | stripe.AuthenticationError | stripe.PermissionError):
            raise CardServiceRefused("not_possible") from error
        raise CardServiceAway from error


def open_account(platform: stripe.StripeClient, practice: str, practice_name: str, key: str) -> str:
    """A new account of a practice, which pays Stripe's fees itself and has Stripe's own dashboard; its reference. Once for each key."""
    wanted: Any = {
        "controller": {"fees": {"payer": "account"}, "losses": {"payments": "stripe"}, "stripe_dashboard": {"type": "full"}},
        "capabilities": {name: {"requested": True} for name in ("card_payments", "transfers", "us_bank_account_ach_payments")},
        "business_profile": {"name": practice_name},
        "country": "US",
        "metadata": {"practice": practice},
    }
    with asking():
        return platform.v1.accounts.create(wanted, {"idempotency_key": key}).id


class StripeCardService:
    """One account of the practice at Stripe, with direct charges. See `asking.CardService`. `practice_name` is what hosted pages show."""

    def __init__(self, client: stripe.StripeClient, platform: stripe.StripeClient, card_account: str, practice_name: str, name: str = "stripe"):
        self.name, self.card_account = name, card_account
        self._stripe, self._platform, self._practice_name = client.v1, platform.v1, practice_name

    def open_page(self, ask: Ask, keeps_method: bool, kinds: Sequence[Kind]) -> Seen:
        """See CardService."""
        price = {"currency": ask.currency.lower(), "unit_amount": ask.amount_cents, "product_data": {"name": f"Payment to {self._practice_name}"}}
        intent: dict[str, Any] = {"metadata": {"payment": ask.payment}}
        wanted: Any = self._page(ask.back_to, kinds) | {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "payment_intent_data": intent | ({"setup_future_usage": "off_session"} if keeps_method else {}),
            "metadata": {"payment": ask.payment},
            "expand": PAGE,
        }
        if ask.customer:
            wanted["customer"] = ask.customer
        with asking():
            return reading.seen_page(self._stripe.checkout.sessions.create(wanted, {"idempotency_key": ask.key}))

    def open_keeping_page(self, payer: str, key: str, back_to: str, customer: str, kinds: Sequence[Kind]) -> Seen:
        """See CardService."""
        wanted: Any = self._page(back_to, kinds) | {"mode": "setup", "customer": customer, "metadata": {"payer": payer}}
        with asking():
            return reading.seen_page(self._stripe.checkout.sessions.create(wanted, {"idempotency_key": key}))

    def _page(self, back_to: str, kinds: Sequence[Kind]) -> dict[str, Any]:
        ways = {"success_url": back_to, "cancel_url": back_to}
        return ways | {"allowed_payment_method_types": [reading.KINDS[kind] for kind in kinds]}

    def kept_on(self, checkout: str) -> Left | None:
        """See CardService."""
        with asking():
            return reading.left_on(self._stripe.checkout.sessions.retrieve(checkout, {"expand": ["setup_intent.payment_method"]}))

    def charge(self, ask: Ask, method: str, payer_is_here: bool) -> Seen:
        """See CardService."""
        wanted: Any = {
            "amount": ask.amount_cents,
            "currency": ask.currency.lower(),
            "payment_method": method,
            "allowed_payment_method_types": list(reading.KINDS.values()),
            "confirm": True,
            "metadata": {"payment": ask.payment},
            "expand": CHARGE,
        }
        wanted |= {"customer": ask.customer} if ask.customer else {}
        wanted |= {"return_url": ask.back_to} if payer_is_here else {"off_session": True}
        with asking():
            try:
                return reading.seen_payment(self._stripe.payment_intents.create(wanted, {"idempotency_key": ask.key}))
            except stripe.CardError as refused:
                return self._declined(ask, refused)

    def _declined(self, ask: Ask, refused: stripe.CardError) -> Seen:
        intent = getattr(refused.error, "payment_intent", None)
        return Seen(
            state="failed",
            amount_cents=ask.amount_cents,
            currency=ask.currency,
            payment=ask.payment,
            reference=intent.id if intent else None,
            reason=reading.reason_of(refused.error),
        )

    def look_up(self, reference: str | None, checkout: str | None, key_of_payment: str, since: datetime) -> Seen | None:
        """See CardService. Lists are exact at once; Stripe's search is about a minute behind."""
        with asking():
            if checkout:
                return self._there(lambda: reading.seen_page(self._stripe.checkout.sessions.retrieve(checkout, {"expand": PAGE})))
            if reference:
                return self._there(lambda: reading.seen_payment(self._stripe.payment_intents.retrieve(reference, {"expand": CHARGE})))
            mine = (seen for seen in [*self._pages_since(since), *self._payments_since(since)] if seen.payment == key_of_payment)
            return next(mine, None)

    @staticmethod
    def _there(look: Callable[[], Seen]) -> Seen | None:
        try:
            return look()
        except stripe.InvalidRequestError as error:
            if error.http_status == 404:
                return None
            raise

    def declines(self, reference: str) -> int:
        """See CardService. Each try is a charge."""
        with asking():
            return sum(charge.status == "failed" for charge in self._stripe.charges.list({"payment_intent": reference, "limit": 100}).auto_paging_iter())

    def close_page(self, checkout: str) -> Seen:
        """See CardService."""
        with asking():
            try:
                return reading.seen_page(self._stripe.checkout.sessions.expire(checkout, {"expand": PAGE}))
            except stripe.InvalidRequestError:  # it is not open any more
                return reading.seen_page(self._stripe.checkout.sessions.retrieve(checkout, {"expand": PAGE}))

    def call_off(self, reference: str) -> Seen:
        """See CardService."""
        with asking():
            try:
                return reading.seen_payment(self._stripe.payment_intents.cancel(reference, {"expand": CHARGE}))
            except stripe.InvalidRequestError:  # the bank has been answered
                return reading.seen_payment(self._stripe.payment_intents.retrieve(reference, {"expand": CHARGE}))

    def refund(self, payment_reference: str, amount_cents: int, refund: str, key: str) -> SeenRefund:
        """See CardService."""
        wanted: Any = {"payment_intent": payment_reference, "amount": amount_cents, "metadata": {"refund": refund}}
        with asking():
            return reading.seen_refund(self._stripe.refunds.create(wanted, {"idempotency_key": key}))

    def new_customer(self, payer: str, key: str) -> str:
        """See CardService."""
        with asking():
            return self._stripe.customers.create({"metadata": {"payer": payer}}, {"idempotency_key": key}).id

    def methods(self, customer: str) -> list[KeptMethod]:
        """See CardService."""
        with asking():
            found = self._stripe.customers.payment_methods.list(customer, {"limit": 100}).auto_paging_iter()
            return [reading.kept_method(method) for method in found if method.type in reading.KINDS.values()]

    def forget_method(self, method: str) -> None:
        """See CardService."""
        with asking():
            try:
                self._stripe.payment_methods.detach(method)
            except stripe.InvalidRequestError:
                if self._stripe.payment_methods.retrieve(method).customer:
                    raise

    def payments_since(self, since: datetime) -> Iterator[Seen]:
        """See CardService."""
        with asking():
            yield from self._payments_since(since)

    def _payments_since(self, since: datetime) -> Iterator[Seen]:
        found = self._stripe.payment_intents.list({**_made(since), "expand": ["data.latest_charge"]})
        return (reading.seen_payment(intent) for intent in found.auto_paging_iter())

    def _pages_since(self, since: datetime) -> Iterator[Seen]:
        found = self._stripe.checkout.sessions.list({**_made(since), "expand": ["data.payment_intent.latest_charge"]})
        return (reading.seen_page(session) for session in found.auto_paging_iter() if session.mode == "payment")

    def refunds_since(self, since: datetime) -> Iterator[SeenRefund]:
        """See CardService."""
        with asking():
            yield from (reading.seen_refund(refund) for refund in self._stripe.refunds.list(_made(since)).auto_paging_iter())

    def disputes_since(self, since: datetime) -> Iterator[SeenDispute]:
        """See CardService."""
        with asking():
            yield from (reading.seen_dispute(dispute) for dispute in self._stripe.disputes.list(_made(since)).auto_paging_iter())

    def seen_refund(self, reference: str) -> SeenRefund:
        """See CardService."""
        with asking():
            return reading.seen_refund(self._stripe.refunds.retrieve(reference))

    def seen_dispute(self, reference: str) -> SeenDispute:
        """See CardService."""
        with asking():
            return reading.seen_dispute(self._stripe.disputes.retrieve(reference))

    def balance_since(self, since: datetime) -> Iterator[BalanceLine]:
        """See CardService."""
        with asking():
            found = self._stripe.balance_transactions.list({**_made(since), "expand": ["data.source"]})
            yield from (reading.balance_line(line) for line in found.auto_paging_iter())

    def account(self) -> SeenAccount:
        """See CardService."""
        with asking():
            return reading.seen_account(self._platform.accounts.retrieve(self.card_account))

    def onboarding_page(self, back_to: str, again_at: str) -> str:
        """See CardService."""
        wanted: Any = {"account": self.card_account, "type": "account_onboarding", "return_url": back_to, "refresh_url": again_at}
        with asking():
            return self._platform.account_links.create(wanted).url

    def payouts(self, most: int = 20) -> list[Payout]:
        """See CardService."""
        with asking():
            return [reading.seen_payout(payout) for payout in self._stripe.payouts.list({"limit": most}).data]

    def lines_of(self, payout: str) -> Iterator[BalanceLine]:
        """See CardService. Stripe tells it of payouts that it makes by itself; https://docs.stripe.com/api/balance_transactions/list"""
        with asking():
            found = self._stripe.balance_transactions.list({"payout": payout, "limit": 100, "expand": ["data.source"]})
            yield from (reading.balance_line(line) for line in found.auto_paging_iter())


def _made(since: datetime) -> Any:
    return {"created": {"gte": int((since - CLOCKS_DIFFER).timestamp())}, "limit": 100}
