"""What a payment gateway can be asked, and the three answers it can give. Both gateways are held to it by one contract test."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class DifferentCharge(Exception):
    """An idempotency key was used before with another amount, currency or method: a fault of the caller, nothing was charged now."""


@dataclass(frozen=True, slots=True)
class Charged:
    """The money is taken. `card` is what a receipt may show, such as "Visa ending in 4242"."""

    reference: str
    card: str = ""


@dataclass(frozen=True, slots=True)
class Declined:
    """No money was taken. `reason` is a key of `refusals.REFUSALS`."""

    reason: str
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer came, or not a final one: the money may be taken or not. Ask again with `fetch` or `find`; never charge again."""

    reference: str | None = None


Answer = Charged | Declined | Unknown


class PaymentGateway(Protocol):
    """Charges a card and tells what became of it. `card_form` says whether the Pay page itself may ask for (test) card details."""

    name: str
    card_form: bool

    def charge(self, amount_cents: int, currency: str, method: str, idempotency_key: str, description: str) -> Answer:
        """Charge once: the same key again gives the first answer and takes no more money. `description` holds ids only.

        Raises DifferentCharge when the key was used for another charge.
        """

    def fetch(self, reference: str) -> Answer:
        """What became of a charge, by the gateway's own reference."""

    def find(self, idempotency_key: str, since: datetime) -> Answer | None:
        """What became of a charge whose answer was lost; None when it never arrived. `since` is when it was asked for."""
