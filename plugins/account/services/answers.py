"""The answers of the gateways that the Pay pages still ask, in the words of the card service (gateway/asking.py)."""

from datetime import datetime
from typing import Any

from plugins.account.gateway import Answer, Charged, Declined, PaymentGateway
from plugins.account.gateway.asking import KeptMethod, Seen
from plugins.account.models import Payment


def seen_of(payment: Payment, answer: Answer) -> Seen:
    """What an answer tells of a payment."""
    about: dict[str, Any] = {"amount_cents": payment.amount_cents, "currency": payment.currency, "payment": str(payment.id), "reference": answer.reference}
    if isinstance(answer, Charged):
        brand, _, last_four = answer.card.partition(" ending in ")
        return Seen("succeeded", method=KeptMethod("", "card", brand, last_four) if last_four else None, **about)
    return Seen("failed", reason=answer.reason, **about) if isinstance(answer, Declined) else Seen("unknown", **about)


class Asked:
    """Looks payments up at such a gateway."""

    def __init__(self, gateway: PaymentGateway, payment: Payment):
        self._gateway, self._payment = gateway, payment

    def look_up(self, reference: str | None, checkout: str | None, key_of_payment: str, since: datetime) -> Seen | None:
        """See CardService."""
        answer = self._gateway.fetch(reference) if reference else self._gateway.find(self._payment.idempotency_key, since)
        return seen_of(self._payment, answer) if answer else None
