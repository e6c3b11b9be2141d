"""A plan with automatic payments, a clock of its own, and a bank that does as it is told: for tests of what is charged when."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select

from core.db import uuid7
from plugins.account.gateway.asking import Ask, CardServiceAway, KeptMethod, Seen, SeenRefund
from plugins.account.models import Entry, Method, Payment, PaymentPlan, Refund
from plugins.account.services import charging, consents, counting, interest, looking_up, methods, plans, posting, refunds
from plugins.account.services.amortizing import Deal, schedule
from plugins.account.services.consents import Terms
from plugins.account.services.plans import Signature

CARD_ACCOUNT = "acct_scene"


@dataclass
class Bank:
    """The card service of a scene: `mood` is why it declines ("" for not at all, "lost" where the answer never comes); `taken` is what it has, by key."""

    name: str = "local"
    card_account: str = CARD_ACCOUNT
    mood: str = ""
    asked: list[tuple[str, bool]] = field(default_factory=list)
    taken: dict[str, Seen] = field(default_factory=dict)

    def charge(self, ask: Ask, method: str, payer_is_here: bool) -> Seen:
        self.asked.append((ask.key, payer_is_here))
        if self.mood and self.mood != "lost":
            return Seen("failed", ask.amount_cents, ask.currency, ask.payment, reason=self.mood)
        kept = KeptMethod(method, "card", "Visa", "4242", 12, 2060)
        self.taken.setdefault(ask.key, Seen("succeeded", ask.amount_cents, ask.currency, ask.payment, f"pi_{ask.payment}", method=kept))
        if self.mood == "lost":
            raise CardServiceAway
        return self.taken[ask.key]

    def look_up(self, _reference, _checkout, payment: str, _since) -> Seen | None:
        return self.taken.get(f"pay:{payment}")

    def refund(self, payment_reference: str, cents: int, refund: str, _key: str) -> SeenRefund:
        return SeenRefund(f"re_{refund}", payment_reference, cents, "succeeded", refund)


class Scene:
    """A patient who owes what a plan asks for and pays it automatically. It is 10 in the morning at the clinic; `days` go by."""

    def __init__(self, practice, make, months=12, points=0, cents=120_000, down=0):
        self.practice, self.db = practice, practice.session()
        self.patient = make.patient(first_name="Ada", email=f"ada{uuid7().hex}@example.test")
        self.account = make.account(self.patient)
        self.bank, self.staff_id = Bank(), make.staff().id
        self.tenant = practice.registry.tenants.current(practice.id, practice.clinic_id)
        self.start = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), time(15), UTC)
        self.now = self.start
        self.db.add(Entry(patient_id=self.patient.id, entry_type="charge", entered_on=self.today, description="Crown", amount_cents=cents, source="office"))
        self.plan_id = self._agree(Deal(cents, down, points, "monthly", self.today + timedelta(days=10), months))
        payer = methods.payer_of(self.db, CARD_ACCOUNT, self.now, account_id=self.account.id)
        payer.customer = f"cus_{payer.id.hex}"
        self.method_id = methods.keep(self.db, payer, KeptMethod(f"pm_{payer.id.hex}", "card", "Visa", "4242", 12, 2060), self.now).id
        self.db.commit()

    def _agree(self, deal: Deal) -> UUID:
        terms = plans.terms_of(deal, schedule(deal, self.today), "Main Street")
        plan = plans.offer(self.db, self.patient, "Crown", deal, terms, None, self.staff_id, self.today, self.now, uuid7())
        assert plan is not None
        plans.agree(self.db, plan, Signature("Ada", "", plans.hash_of(plan.terms), ""), self.account.id, self.today, self.now)
        return plan.id

    @property
    def today(self):
        return self.now.astimezone(self.tenant.time_zone).date()

    @property
    def place(self):
        return charging.Place(self.tenant, self.bank)

    @property
    def plan(self) -> PaymentPlan:
        return counting.locked_plan(self.db, self.practice.id, self.plan_id)

    @property
    def shown(self):
        return plans.one(self.db, self.practice.id, self.plan_id)

    def payments(self, **more) -> list[Payment]:
        self.db.commit()
        mine = select(Payment).where(Payment.practice_id == self.practice.id, Payment.payment_plan_id == self.plan_id).filter_by(**more)
        return list(self.db.scalars(mine.order_by(Payment.id).execution_options(populate_existing=True)))

    def switch_on(self, method_id=None) -> None:
        plan = self.plan
        parts = counting.parts_of_plan(self.db, self.practice.id, self.plan_id)
        words = consents.words_of(plan, parts, Terms("Main Street", "555-0100", 3), self.today)
        method = self.db.get_one(Method, (self.practice.id, method_id or self.method_id))
        consents.give(self.db, plan, parts, method, words, self.account.id, "127.0.0.1", self.today, self.now)
        self.db.commit()

    def switch_off(self) -> None:
        consents.end(self.db, self.plan, "payer", self.now, self.account.id)
        self.db.commit()

    def pause(self) -> None:
        plans.ask_pause(self.db, self.plan, "", self.now)
        plans.answer_pause(self.db, self.plan, True, self.now)
        self.db.commit()

    def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)

    def beat(self, session=None) -> None:
        """The periodic task comes by; plans of other scenes of the practice have other banks."""
        session = session or self.db
        own = {part.id for part in counting.parts_of_plan(session, self.practice.id, self.plan_id)}
        for part_id in (id_ for id_ in charging.due(session, self.practice.id, self.now) if id_ in own):
            charging.charge(session, self.practice.id, self.place, part_id, self.now, session.commit)
        session.commit()

    def sweep(self) -> None:
        """What became of payments whose answer was lost is found out."""
        later = self.now + timedelta(minutes=20)
        for payment in self.payments():
            looking_up.look_up(self.db, self.practice.id, lambda _: self.bank, payment.id, "reconciling", later)
        self.db.commit()

    def live(self, days: int) -> None:
        """So many days, with the task each morning."""
        for _ in range(days):
            self.pass_days(1)
            self.beat()

    def pay_by_hand(self, cents: int) -> None:
        plans.receive(self.db, self.practice.id, self.plan_id, cents, self.now)
        self.db.commit()

    def give_back(self, payment: Payment, cents: int) -> None:
        order = refunds.Order(payment.id, cents, "", uuid7().hex, self.staff_id)
        refunds.refund(self.db, self.practice.id, lambda _: self.bank, order, self.now, lambda _: self.db.commit())
        self.db.commit()

    def book(self) -> None:
        """The books follow, where the portal keeps them."""
        rules = posting.Rules(keeps_books=True, at_once=True, zone=self.tenant.time_zone)
        interest.post(self.db, self.practice.id, lambda _: rules, self.now)
        for payment in self.payments():
            posting.book(self.db, self.practice.id, payment.id, rules, self.now)
        self.db.commit()

    def ledger(self) -> int:
        mine = select(Entry.amount_cents).where(Entry.practice_id == self.practice.id, Entry.patient_id == self.patient.id)
        return sum(self.db.scalars(mine))

    def given_back(self) -> int:
        mine = select(Refund.amount_cents).where(Refund.practice_id == self.practice.id, Refund.state == "succeeded")
        return sum(self.db.scalars(mine))


class Life(Scene):
    """What may happen to a plan, act by act; one that makes no sense now does nothing."""

    def __init__(self, *about, **more):
        super().__init__(*about, **more)
        self.by_hand = 0

    def close(self) -> None:
        self.db.close()

    def days(self, number: int) -> None:
        self.live(number)

    def decline(self, _number: int) -> None:
        self.bank.mood = "insufficient_funds"

    def lose(self, _number: int) -> None:
        self.bank.mood = "lost"

    def recover(self, _number: int) -> None:
        self.bank.mood = ""

    def pay_some(self, number: int) -> None:
        if self.plan.state in ("active", "paused"):
            before = self.shown.paid_cents
            self.pay_by_hand(number * 1_000)
            self.by_hand += self.shown.paid_cents - before

    def pause(self, _number: int = 0) -> None:
        if self.plan.state == "active":
            super().pause()

    def go_on(self, _number: int) -> None:
        if self.plan.state == "paused":
            plans.go_on(self.db, self.plan, self.today, self.now)

    def switch_off(self, _number: int = 0) -> None:
        super().switch_off()

    def agree_again(self, _number: int) -> None:
        if consents.can_be_on(self.plan) and consents.covered(self.shown.parts, self.today):
            self.switch_on()

    def give_some_back(self, number: int) -> None:
        made = self.payments(state="succeeded")
        if made and made[-1].refunded_cents < made[-1].amount_cents:
            self.give_back(made[-1], min(number * 700, made[-1].amount_cents - made[-1].refunded_cents))

    def sweep(self, _number: int = 0) -> None:
        super().sweep()

    def beat_twice(self, _number: int) -> None:
        self.beat()
        self.beat()
