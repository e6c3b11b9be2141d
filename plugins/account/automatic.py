"""What the page of a plan shows of automatic payments, and of paying the next payment by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from plugins.account.models import Method, Payment, PlanConsent
from plugins.account.pages import open_service, today_of
from plugins.account.services import charging, consents, counting, methods, tries
from plugins.account.services.consents import Terms
from plugins.account.services.payments import new_nonce
from plugins.account.services.plans import Shown


@dataclass(frozen=True)
class Panel:
    """`consent` is what counts now, or what ended last. `words` is what the viewer would agree to ("" where automatic payments cannot be switched on), by
    something of `kept`. `tries` are the automatic payments so far; `again_on` is when the last one is tried again. `pay_cents` is what can be paid by hand
    now, 0 for nothing."""

    consent: PlanConsent | None
    words: str
    kept: Sequence[Method]
    tries: Sequence[Payment]
    again_on: date | None
    pay_cents: int
    nonce: str
    is_mine: bool
    is_stand_in: bool

    @property
    def is_on(self) -> bool:
        """Whether payments are made by themselves."""
        return self.consent is not None and self.consent.ended_at is None

    @property
    def words_hash(self) -> str:
        """What the words are known by."""
        return consents.hash_of(self.words)

    @property
    def failed(self) -> Payment | None:
        """The last automatic payment, if it came to nothing."""
        return self.tries[0] if self.tries and self.tries[0].state == "failed" else None


def terms_at(tenant) -> Terms:
    """What a consent says of a place."""
    return Terms(tenant.name, tenant.contact.phone if tenant.contact else "", tenant.settings["account.plan_notice_days"])


def panel(request, shown: Shown) -> Panel:
    """What is shown to the person who is signed in."""
    plan, today = shown.plan, today_of(request)
    service = open_service(request, request.person) if request.may(request.person, "account.pay") else None
    consent = consents.last(request.db, plan) if plan.external_id is None else None
    made = charging.tries_of(request.db, request.practice_id, plan.id) if consent else []
    part = next((part for part in shown.parts if made and part.id == made[0].installment_id), None)
    kept: list[Method] = []
    if service:
        found = methods.methods_of(request.db, request.practice_id, service.card_account, account_id=request.identity.account_id)
        kept = [method for method in found if not methods.has_ended(method, today)]
    can_be_on = service and consents.can_be_on(plan) and consents.covered(shown.parts, today)
    return Panel(
        consent, consents.words_of(plan, shown.parts, terms_at(request.tenant), today) if can_be_on else "", kept, made, tries.again_on(part, consent) if part else None,
        counting.next_cents(request.db, plan) if service else 0, new_nonce(), consent is not None and consent.given_by == request.identity.account_id,
        service is not None and service.name == "local",
    )  # fmt: skip
