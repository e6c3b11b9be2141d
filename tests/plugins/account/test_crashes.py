"""A process dies at any step of a payment or a refund: what is left is found out, and everybody pays once or not at all.

Whoever pays, works off tasks or gives money back dies before or after one of the commits, or of the calls to the card service. Then the sweep and
the comparing run, later. Here dying is an exception; `cuspid bench crashes` kills real processes, of the whole portal.
"""

import random
from datetime import UTC, datetime, timedelta

import pytest
import requests
from sqlalchemy import func, select

from core.outbox import OutboxRow
from plugins.account.gateway import card_service_for
from plugins.account.models import Difference, Entry, Method, Payment, PaymentStep, Refund
from plugins.account.services import comparing, looking_up, methods, payments, posting, refunds
from plugins.account.services.asking import How, JustPaid
from plugins.account.services.offers import About
from tenants import settings as office_settings

ROUNDS = 24
CHARGED = 100_000
CARD = {"kind": "card", "number": "4242424242424242", "expiry": "12/40", "code": "123"}


class Died(BaseException):
    """The process is gone."""


class Life:
    """Counts the steps of a process; it dies at one of them."""

    def __init__(self, steps):
        self.left = steps

    def step(self):
        self.left -= 1
        if self.left == 0:
            raise Died


class Mortal:
    """The card service as somebody asks it who may die before or after each call."""

    def __init__(self, service, life):
        self._service, self._life = service, life

    def __getattr__(self, name):
        found = getattr(self._service, name)
        if not callable(found):
            return found

        def call(*arguments, **more):
            self._life.step()
            answer = found(*arguments, **more)
            self._life.step()
            return answer

        return call


class Scene:
    """One practice that keeps its own books, one patient who pays, and the card service."""

    def __init__(self, practice, patient, account, chance):
        self.practice, self.patient, self.account, self.chance = practice, patient, account, chance
        self.service = card_service_for(practice.registry, practice.registry.tenants.current(practice.id))

    def live(self, act):
        """Let somebody do this who dies on the way, or does not."""
        life = Life(self.chance.choice([0, *range(1, 14)]))
        session = self.practice.session()
        try:
            return self._lived(act, session, life)
        except Died:
            return None
        finally:
            session.close()

    def _lived(self, act, session, life):
        def keep(_):
            life.step()
            session.commit()
            life.step()

        try:
            found = act(session, Mortal(self.service, life), keep)
            keep(None)
        except JustPaid:
            return None
        return found

    def pay(self, nonce, cents, method=None):
        now = datetime.now(UTC)

        def act(session, service, keep):
            payer = methods.payer_of(session, service.card_account, now, account_id=self.account.id)
            customer = methods.customer_of(session, service, payer)
            order = payments.Order(
                about=About(self.patient.id, posting.rules_of(self.practice.registry.tenants.current(self.practice.id)).zone), account_id=self.account.id,
                clinic_id=self.practice.clinic_id, choice="other", amount_cents=cents, form_nonce=nonce, method_id=method.id if method else None,
            )  # fmt: skip
            how = How("http://localhost/", method.reference if method else None, customer, ("card",), keeps_method=method is None)
            return payments.make_payment(session, service, lambda _: service, order, lambda _: how, now, keep)

        return self.live(act)

    def type_card(self):
        """The payer finds the page that is open, if any, and pays on it, or does not."""
        for seen in [*self.service._pages_since(datetime.now(UTC) - timedelta(hours=1))]:
            if seen.go_to and self.chance.random() < 0.7:
                requests.post(seen.go_to, data=CARD, allow_redirects=False, timeout=10)

    def look(self, later=timedelta()):
        """A page, an event or the sweep finds out what became of the payments."""
        now = datetime.now(UTC) + later
        with self.practice.session() as session:
            found = session.scalars(select(Payment.id).where(Payment.practice_id == self.practice.id)).all()
        for payment_id in found:
            self.live(lambda session, service, keep, one=payment_id: looking_up.look_up(session, self.practice.id, lambda _: service, one, "event", now))

    def book(self):
        """The worker books what was made."""
        rules = posting.rules_of(self.practice.registry.tenants.current(self.practice.id))
        with self.practice.session() as session:
            found = session.scalars(select(Payment.id).where(Payment.practice_id == self.practice.id)).all()
        for payment_id in found:
            self.live(lambda session, service, keep, one=payment_id: posting.book(session, self.practice.id, one, rules, datetime.now(UTC)))

    def refund(self, nonce):
        with self.practice.session() as session:
            paid = session.scalars(select(Payment).where(Payment.practice_id == self.practice.id, Payment.state == "succeeded")).all()
        if paid:
            payment = self.chance.choice(paid)
            order = refunds.Order(payment.id, self.chance.randint(1, payment.amount_cents), "Test", nonce, self.account.id)

            def act(session, service, keep):
                try:
                    return refunds.refund(session, self.practice.id, lambda _: service, order, datetime.now(UTC), keep)
                except refunds.RefundRefused:
                    return None

            self.live(act)

    def kept(self):
        with self.practice.session() as session:
            return session.scalars(select(Method).where(Method.practice_id == self.practice.id, Method.removed_at.is_(None))).first()

    def tidy(self):
        """Later: the sweep, the comparing, and the worker, each of which lives."""
        chance, self.chance = self.chance, random.Random(0)
        self.chance.choice = lambda _: 0
        later = datetime.now(UTC) + timedelta(minutes=20)
        self.look(timedelta(minutes=20))
        with self.practice.session() as session:
            for refund_id in session.scalars(select(Refund.id).where(Refund.practice_id == self.practice.id)).all():
                refunds.ask(session, self.practice.id, lambda _: self.service, refund_id, later)
            session.commit()
            comparing.compare(session, self.practice.id, self.service, later)
            session.commit()
        self.book()
        self.chance = chance


@pytest.fixture
def scene(practice, patient, make, db, registry, stand_in):
    """A scene for each round, in one practice that keeps its own books and processes at once."""
    for name, value in (("account.books", "portal"), ("account.process_at_once", True)):
        office_settings.change(db, registry.plugins, practice.id, None, name, value, "test", datetime.now(UTC))
    about = {"patient_id": patient.id, "entry_type": "charge", "entered_on": datetime.now(UTC).date(), "description": "Implant"}
    db.add(Entry(external_id="BIG", amount_cents=100 * CHARGED * ROUNDS, **about))
    db.commit()
    return Scene(practice, patient, make.account(patient), random.Random(20261128))


def play(scene, number):
    """One round: a payment, perhaps sent twice, perhaps paid with what is kept, perhaps given back; somebody dies at any of it."""
    chance, nonce, cents = scene.chance, f"round-{number:06}-of-the-test", scene.chance.randint(100, CHARGED)
    method = scene.kept() if chance.random() < 0.4 else None
    scene.pay(nonce, cents, method)
    if chance.random() < 0.5:
        scene.pay(nonce, cents, method)
    if chance.random() < 0.3:
        scene.pay(f"another-{nonce}", cents)
    scene.type_card()
    for act in chance.sample([scene.look, scene.book, lambda: scene.refund(f"refund-{nonce}")], chance.randint(0, 3)):
        act()


def test_whoever_dies_at_whatever_step_everybody_pays_once_or_not_at_all_and_the_ledger_fits_to_the_cent(scene, db, practice):
    before = db.scalar(select(func.sum(Entry.amount_cents)).where(Entry.practice_id == practice.id))
    for number in range(ROUNDS):
        play(scene, number)
        if number % 6 == 5:
            scene.tidy()
            fits(scene, db, practice, before)
    scene.tidy()
    fits(scene, db, practice, before)
    db.rollback()
    counted = select(Payment.state, func.count()).where(Payment.practice_id == practice.id).group_by(Payment.state)
    states = {row[0]: row[1] for row in db.execute(counted)}
    assert states["succeeded"] > ROUNDS // 4, states
    assert db.scalar(select(func.count()).select_from(Refund).where(Refund.practice_id == practice.id)) > 0


def fits(scene, db, practice, before):
    """The card service, the payments and the ledger say the same."""
    db.rollback()
    there = [seen for seen in scene.service.payments_since(datetime.now(UTC) - timedelta(hours=1)) if seen.state == "succeeded"]
    taken = {seen.payment: seen for seen in there}
    assert len(taken) == len(there), "a payment was charged twice"
    rows = db.scalars(select(Payment).where(Payment.practice_id == practice.id)).all()
    made = {str(row.id): row for row in rows if row.state == "succeeded"}
    assert taken.keys() == made.keys()
    assert {row.state for row in rows} <= {"succeeded", "failed", "canceled", "payer"}
    given = sum(seen.amount_cents for seen in scene.service.refunds_since(datetime.now(UTC) - timedelta(hours=1)) if seen.state == "succeeded")
    total = sum(seen.amount_cents for seen in there)
    assert sum(row.amount_cents for row in made.values()) == total
    assert sum(row.refunded_cents for row in made.values()) == given
    assert db.scalar(select(func.sum(Entry.amount_cents)).where(Entry.practice_id == practice.id)) == before - total + given
    posted = select(Entry.receipt_number, func.count()).where(Entry.practice_id == practice.id, Entry.source == "portal", Entry.amount_cents < 0)
    assert {row[0]: row[1] for row in db.execute(posted.group_by(Entry.receipt_number))} == {row.receipt_number: 1 for row in made.values()}
    assert db.scalars(select(Difference.kind).where(Difference.practice_id == practice.id, Difference.closed_at.is_(None))).all() == []
    once_more(db, practice, made)


def once_more(db, practice, made):
    """Each payment was made by one step, and has one receipt."""
    steps = select(PaymentStep.payment_id).where(PaymentStep.practice_id == practice.id, PaymentStep.to_state == "succeeded")
    assert sorted(map(str, db.scalars(steps))) == sorted(made)
    receipts = select(OutboxRow.ids["payment_id"].astext).where(OutboxRow.practice_id == practice.id, OutboxRow.task == "account.send_receipt")
    assert sorted(db.scalars(receipts)) == sorted(made)
