"""What the card service can be asked, and what it can answer. The portal speaks of cards only in these words.

Money is in cents with a currency; references are the card service's own ids; a `key` is an idempotency key, from a row of ours that is there
before the call. Nothing here has a place for a name, a birthdate or anything else of a record: the card service is told amounts, our ids, the
practice's name, and no more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from plugins.account.services.states import State

Kind = Literal["card", "bank"]


class CardServiceAway(Exception):
    """No answer came, or one of the card service's own faults: what was asked may have been done or not. Look it up; never ask with another key."""


class CardServiceRefused(Exception):
    """The card service will not do this. `reason` is a key of `refusals.REFUSALS`; nothing was done."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Ask:
    """A payment that is asked for. `payment` is our id of it, `back_to` where the payer comes back to from the hosted page or from their bank."""

    payment: str
    amount_cents: int
    currency: str
    key: str
    back_to: str
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class KeptMethod:
    """A card or bank account that a payer keeps there: what may be shown of it."""

    reference: str
    kind: Kind
    brand: str
    last_four: str
    ends_month: int | None = None
    ends_year: int | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """What a payer has left on a page without paying; `payer` is our id of them, from the metadata."""

    payer: str
    method: KeptMethod


@dataclass(frozen=True, slots=True)
class Seen:
    """A payment as the card service knows it now. `state` is one of ours; `reason` is why it failed, a key of `refusals.REFUSALS`.

    `payment` is our id of it, from the metadata; `reference` the PaymentIntent, none while the payer has not begun on the hosted page;
    `checkout` the hosted page's; `go_to` where the payer has to go on (the hosted page, or their bank), if anywhere; `method` is what it was paid
    with, `kept` whether the payer keeps that there.
    """

    state: State
    amount_cents: int
    currency: str
    payment: str = ""
    reference: str | None = None
    checkout: str | None = None
    go_to: str = ""
    reason: str = ""
    method: KeptMethod | None = None
    kept: bool = False
    refunded_cents: int = 0
    made_at: datetime | None = None

    @property
    def card(self) -> str:
        """What a receipt may show."""
        if self.method is None:
            return ""
        return f"{self.method.brand} {'account ' if self.method.kind == 'bank' else ''}ending in {self.method.last_four}"


@dataclass(frozen=True, slots=True)
class SeenRefund:
    """A refund as the card service knows it now; `payment_reference` is the payment's there, `refund` our id of it, from the metadata."""

    reference: str
    payment_reference: str
    amount_cents: int
    state: Literal["processing", "succeeded", "failed"]
    refund: str = ""


@dataclass(frozen=True, slots=True)
class SeenDispute:
    """A dispute as the card service knows it now. `state` and `reason` are its own words."""

    reference: str
    payment_reference: str
    amount_cents: int
    state: str
    reason: str
    opened_at: datetime
    answer_by: datetime | None
    is_over: bool
    won: bool | None


@dataclass(frozen=True, slots=True)
class SeenAccount:
    """The practice's account at the card service: what it may take, and what the card service still needs to be told."""

    reference: str
    capabilities: dict[str, str]
    due: tuple[str, ...]
    due_at: datetime | None
    disabled_reason: str
    details_submitted: bool
    charges_enabled: bool
    payouts_enabled: bool


@dataclass(frozen=True, slots=True)
class Payout:
    """Money on its way from the card service to the practice's bank."""

    reference: str
    amount_cents: int
    currency: str
    state: str
    arrives_at: datetime


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """A line of the account's balance: what came (`charge`, `payment`), went back (`refund`, `payment_refund`) or else. `fee_cents` is what the
    card service keeps of it, `payment_reference` the payment that it is about, if any."""

    reference: str
    payment_reference: str
    kind: str
    amount_cents: int
    fee_cents: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """A verified event: that something happened to an object of an account. What is true now is looked up."""

    id: str
    type: str
    card_account: str
    object_reference: str
    happened_at: datetime
    is_live: bool


class CardService(Protocol):
    """One of the practice's accounts at the card service (Stripe: a connected account with direct charges).

    All of it may raise CardServiceAway, and CardServiceRefused where something is asked to be done.
    """

    name: str
    card_account: str

    def open_page(self, ask: Ask, keeps_method: bool, kinds: Sequence[Kind]) -> Seen:
        """A hosted page on which the payer pays, once: the same key gives the same page."""

    def open_keeping_page(self, payer: str, key: str, back_to: str, customer: str, kinds: Sequence[Kind]) -> Seen:
        """A hosted page on which a payer leaves a card or bank account without paying; its `go_to` and `checkout`."""

    def kept_on(self, checkout: str) -> Left | None:
        """What a payer left on such a page; None while they have not, and when it has been removed again."""

    def charge(self, ask: Ask, method: str, payer_is_here: bool) -> Seen:
        """Charge what a payer keeps there, once for each key. With the payer here their bank may ask them (`payer` and `go_to`)."""

    def look_up(self, reference: str | None, checkout: str | None, key_of_payment: str, since: datetime) -> Seen | None:
        """What is true now of a payment: by its reference, else by its page, else by our id of it among what was made since then. None when
        the card service has never heard of it."""

    def declines(self, reference: str) -> int:
        """How often somebody has tried to make this payment with what was declined."""

    def close_page(self, checkout: str) -> Seen:
        """Nobody can pay on this page any more; when somebody just has, that is what is seen."""

    def call_off(self, reference: str) -> Seen:
        """A payment by a kept card of which the payer's bank is still asking them ends; when they have just answered, that is what is seen."""

    def refund(self, payment_reference: str, amount_cents: int, refund: str, key: str) -> SeenRefund:
        """Give money back, once for each key."""

    def new_customer(self, payer: str, key: str) -> str:
        """The reference of a customer who is known there by our id alone."""

    def methods(self, customer: str) -> list[KeptMethod]:
        """What this customer keeps there."""

    def forget_method(self, method: str) -> None:
        """The customer no longer keeps this; no error when it is gone already."""

    def payments_since(self, since: datetime) -> Iterator[Seen]:
        """Every payment made since then, the newest first."""

    def refunds_since(self, since: datetime) -> Iterator[SeenRefund]:
        """Every refund made since then."""

    def disputes_since(self, since: datetime) -> Iterator[SeenDispute]:
        """Every dispute opened since then."""

    def seen_refund(self, reference: str) -> SeenRefund:
        """One refund, as it is now."""

    def seen_dispute(self, reference: str) -> SeenDispute:
        """One dispute, as it is now."""

    def balance_since(self, since: datetime) -> Iterator[BalanceLine]:
        """Every line of the account's balance since then."""

    def account(self) -> SeenAccount:
        """How the account stands."""

    def onboarding_page(self, back_to: str, again_at: str) -> str:
        """Where the office tells the card service what it needs to know; works once and for minutes."""

    def payouts(self, most: int = 20) -> list[Payout]:
        """The latest payouts, and those on their way."""

    def lines_of(self, payout: str) -> Iterator[BalanceLine]:
        """The lines of the account's balance that a payout is made of."""
