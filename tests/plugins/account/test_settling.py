"""Payments whose answer was lost, and receipts."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core import tasks
from core.auth.models import Account
from core.mail import MailNotSent
from core.outbox import OutboxRow
from core.people.models import Patient
from core.tasks import Work
from plugins.account.gateway.asking import CardServiceAway, KeptMethod, Seen
from plugins.account.models import Payment
from plugins.account.services import payments, settling

VISA = KeptMethod("pm_1", "card", "Visa", "4242", 12, 2040)


class Service:
    """A card service that knows of nothing but what it is told."""

    name, card_account = "stripe", "acct_1"

    def __init__(self):
        self.answer = None

    def look_up(self, reference, checkout, key_of_payment, since):
        if self.answer == "away":
            raise CardServiceAway
        return Seen(self.answer, 5000, "USD", key_of_payment, "pi_1", method=VISA) if self.answer else None

    def call_off(self, reference):
        return Seen("canceled", 5000, "USD", reference=reference)


@pytest.fixture
def service(monkeypatch):
    """The card service at which every payment is looked up."""
    found = Service()
    monkeypatch.setattr("plugins.account.tasks.services_at", lambda registry, practice_id: lambda payment: found)
    return found


@pytest.fixture
def pay(db, practice, patient, make, service):
    """`pay(state)`: a payment of $50.00 that was asked for just now; nobody knows yet what became of it, or this."""
    account = make.account(patient)

    def make_one(becomes=None):
        values = payments.new_payment(service, practice.clinic_id, 5000, payments.new_nonce(), datetime.now(UTC))
        payment = Payment(**values | {"patient_id": patient.id, "account_id": account.id})
        payments.begin(db, payment, datetime.now(UTC))
        if becomes:
            settling.take_in(db, practice.id, Seen(becomes, 5000, "USD", str(payment.id), method=VISA), "answer", datetime.now(UTC))
        db.commit()
        return payment.id

    return make_one


@pytest.fixture
def state(db):
    def read(payment_id):
        db.rollback()
        return db.scalars(select(Payment).where(Payment.practice_id == db.info["practice_id"], Payment.id == payment_id)).one()

    return read


def run(practice, name, later=timedelta(minutes=3), **ids):
    """Run a task as a worker would at a later time."""
    with practice.session() as session:
        tenant = practice.registry.tenants.current(practice.id)
        tasks._tasks[name](Work(practice.registry, session, tenant, practice.id, datetime.now(UTC) + later), **ids)
        session.commit()


def waiting(db, task):
    db.rollback()
    return db.scalars(select(OutboxRow).where(OutboxRow.practice_id == db.info["practice_id"], OutboxRow.task == task)).all()


def test_every_payment_is_looked_into_later_by_a_task_that_was_written_with_it(pay, db):
    before = datetime.now(UTC)
    payment_id = pay()
    [row] = waiting(db, "account.settle_payment")
    assert row.ids == {"payment_id": str(payment_id)}
    assert row.available_at >= before + timedelta(minutes=2)


def test_a_lost_answer_is_found_and_the_receipt_follows(pay, practice, service, state, db):
    payment_id = pay("unknown")
    assert waiting(db, "account.send_receipt") == []
    service.answer = "succeeded"
    for _ in range(2):
        run(practice, "account.settle_payment", payment_id=str(payment_id))
        found = state(payment_id)
        assert (found.state, found.card, found.gateway_reference) == ("succeeded", "Visa ending in 4242", "pi_1")
        assert len(waiting(db, "account.send_receipt")) == 1


def test_a_payment_that_never_arrived_fails_after_a_quarter_of_an_hour_and_not_before(pay, practice, state):
    payment_id = pay()
    run(practice, "account.settle_payments", timedelta(minutes=14))
    assert state(payment_id).state == "submitted"
    run(practice, "account.settle_payments", timedelta(minutes=16))
    assert (state(payment_id).state, state(payment_id).refusal) == ("failed", "never_arrived")


def test_one_that_the_card_service_has_heard_of_never_fails_by_itself(pay, practice, service, state):
    payment_id = pay()
    service.answer = "processing"
    run(practice, "account.settle_payments", timedelta(minutes=5))
    service.answer = None
    run(practice, "account.settle_payments", timedelta(hours=5))
    assert state(payment_id).state == "processing"


def test_a_payment_that_is_still_under_way_is_left_alone(pay, practice, service, state):
    payment_id = pay()
    service.answer = "succeeded"
    run(practice, "account.settle_payments", timedelta(minutes=1))
    assert state(payment_id).state == "submitted"


def test_a_bank_that_asks_about_a_kept_card_is_waited_for_a_day_and_then_called_off(pay, practice, service, state):
    """Nothing would ever have ended it, and a hundred of them kept all others from being looked into."""
    payment_id = pay()
    service.answer = "payer"
    for hours, becomes in ((23, "payer"), (25, "canceled")):
        run(practice, "account.settle_payments", timedelta(hours=hours))
        assert state(payment_id).state == becomes


def test_while_the_card_service_is_away_nothing_is_changed(pay, practice, service, state):
    payment_id = pay()
    service.answer = "away"
    run(practice, "account.settle_payments", timedelta(hours=2))
    assert state(payment_id).state == "submitted"


def test_a_payment_at_a_card_service_that_is_gone_waits_for_a_person(pay, practice, state, monkeypatch):
    payment_id = pay("unknown")
    monkeypatch.setattr("plugins.account.tasks.services_at", lambda registry, practice_id: lambda payment: None)
    run(practice, "account.settle_payment", timedelta(hours=1), payment_id=str(payment_id))
    assert state(payment_id).state == "unknown"


def test_the_receipt_goes_out_once_and_is_tried_again_when_the_mail_server_is_away(pay, practice, state, monkeypatch):
    payment_id, sent, away = pay("succeeded"), [], [True]

    def send(message):
        if away:
            away.pop()
            raise MailNotSent("away")
        sent.append(message)

    monkeypatch.setattr(practice.registry.mail, "send", send)
    with pytest.raises(MailNotSent):
        run(practice, "account.send_receipt", payment_id=str(payment_id))
    for _ in range(2):
        run(practice, "account.send_receipt", payment_id=str(payment_id))
    [message] = sent
    assert message["To"] == "robin@example.test"
    assert state(payment_id).receipt_sent_at


def test_a_payer_without_an_address_gets_no_mail(pay, practice, state, make, db):
    payment_id = pay("succeeded")
    with practice.session() as session:
        session.execute(update(Account).where(Account.practice_id == practice.id).values(email=""))
        session.execute(update(Patient).where(Patient.practice_id == practice.id).values(email=""))
        session.commit()
    run(practice, "account.send_receipt", payment_id=str(payment_id))
    assert state(payment_id).receipt_sent_at is None


def test_a_failed_payment_gets_no_receipt(pay, practice, state, db):
    payment_id = pay("failed")
    assert waiting(db, "account.send_receipt") == []
    run(practice, "account.send_receipt", payment_id=str(payment_id))
    assert state(payment_id).receipt_sent_at is None
